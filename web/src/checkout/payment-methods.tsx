import type { PaymentProvider } from '@outcome/client';
import { strings } from '../strings';

export type Method = keyof typeof strings.methods;

export const METHODS = Object.keys(strings.methods) as [Method, ...Method[]];

/** Those of the sandbox's own script are for it alone. */
const isOffered = (method: Method, provider: PaymentProvider | undefined) => provider?.name !== 'stripe' || method.startsWith('pm_card_');

interface Props {
  chosen: Method;
  onChoose: (method: Method) => void;
  isFixed: boolean;
  provider: PaymentProvider | undefined;
}

export function PaymentMethods({ chosen, onChoose, isFixed, provider }: Props) {
  return (
    <fieldset className="methods">
      <legend>{strings.checkout.methods}</legend>
      <p className={provider?.live ? 'warning' : 'quiet'}>{noteOf(provider)}</p>
      {/* It scrolls by itself, hence by the keyboard too where nothing in it can be chosen. */}
      <div className="method-list" {...(isFixed && { tabIndex: 0, role: 'group', 'aria-label': strings.checkout.methods })}>
        {METHODS.filter((method) => isOffered(method, provider)).map((method) => (
          <label key={method} className="method">
            <input
              type="radio"
              name="method"
              value={method}
              checked={method === chosen}
              disabled={isFixed}
              onChange={() => onChoose(method)}
            />
            <span className="method-name">{strings.methods[method][0]}</span>
            <span className="quiet">{strings.methods[method][1]}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function noteOf(provider: PaymentProvider | undefined): string {
  const { sandbox, stripeTest, stripeLive, unknown } = strings.checkout.methodsNotes;
  if (!provider) return unknown;
  if (provider.name === 'sandbox') return sandbox;
  return provider.live ? stripeLive : stripeTest;
}
