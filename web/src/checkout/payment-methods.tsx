import type { PaymentProvider } from '@outcome/client';
import { strings } from '../strings';

interface Method {
  token: string;
  words: readonly [name: string, note: string];
}

const OURS: Readonly<Record<string, Method['words']>> = strings.methods;

/** Methods by the page's own labels if it has any, else by the provider's. */
export const methodsOf = (provider: PaymentProvider | undefined): Method[] =>
  provider
    ? provider.paymentMethods.map(({ token, summary }) => ({ token, words: OURS[token] ?? [token, summary] }))
    : Object.entries(OURS).map(([token, words]) => ({ token, words }));

interface Props {
  chosen: string;
  onChoose: (token: string) => void;
  isFixed: boolean;
  provider: PaymentProvider | undefined;
}

export function PaymentMethods({ chosen, onChoose, isFixed, provider }: Props) {
  return (
    <fieldset className="methods">
      <legend>{strings.checkout.methods}</legend>
      <p className={provider?.live ? 'warning' : 'quiet'}>{noteOf(provider)}</p>
      {/* The list scrolls, so the keyboard must reach it even if no method can be chosen. */}
      <div
        className="method-list"
        {...(isFixed && { tabIndex: 0, role: 'group', 'aria-label': strings.checkout.methods })}
      >
        {methodsOf(provider).map(({ token, words }) => (
          <label key={token} className="method">
            <input
              type="radio"
              name="method"
              value={token}
              checked={token === chosen}
              disabled={isFixed}
              onChange={() => onChoose(token)}
            />
            <span className="method-name">{words[0]}</span>
            <span className="quiet">{words[1]}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function noteOf(provider: PaymentProvider | undefined): string {
  const { sandbox, test, live, unknown } = strings.checkout.methodsNotes;
  if (!provider) return unknown;
  if (provider.name === 'sandbox') return sandbox;
  return (provider.live ? live : test)(provider.name.replace(/^./, (first) => first.toUpperCase()));
}
