import { strings } from '../strings';

export type Method = keyof typeof strings.methods;

export const METHODS = Object.keys(strings.methods) as [Method, ...Method[]];

export function PaymentMethods({ chosen, onChoose, isFixed }: { chosen: Method; onChoose: (method: Method) => void; isFixed: boolean }) {
  return (
    <fieldset className="methods" disabled={isFixed}>
      <legend>{strings.checkout.methods}</legend>
      <p className="quiet">{strings.checkout.methodsNote}</p>
      <div className="method-list">
        {METHODS.map((method) => (
          <label key={method} className="method">
            <input type="radio" name="method" value={method} checked={method === chosen} onChange={() => onChoose(method)} />
            <span className="method-name">{strings.methods[method][0]}</span>
            <span className="quiet">{strings.methods[method][1]}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
