import { strings } from '../strings';

/** Those of src/payments/sandbox/payment-methods.ts, in a customer's words; a test compares the two. */
export const METHODS = [
  ['pm_card_visa', 'Visa', 'is paid'],
  ['pm_card_visa_chargeDeclined', 'Visa, declined', 'the bank says no'],
  ['pm_card_visa_chargeDeclinedInsufficientFunds', 'Visa, empty', 'declined: insufficient funds'],
  ['pm_card_chargeDeclinedExpiredCard', 'Old card', 'declined: it has expired'],
  ['pm_card_chargeDeclinedIncorrectCvc', 'Card, wrong code', 'declined: security code'],
  ['pm_card_chargeDeclinedProcessingError', 'Card, bank trouble', 'declined: could not be processed'],
  ['pm_sandbox_slow', 'Slow bank', 'is paid, after five seconds'],
  ['pm_sandbox_unavailable_twice', 'Busy bank', 'is paid at the third try'],
  ['pm_sandbox_unavailable', 'Unreachable bank', 'fails after the last try, some 15\u00a0s'],
  ['pm_sandbox_charged_answer_lost', 'Lost answer, paid', 'looked up, and found paid'],
  ['pm_sandbox_not_charged_answer_lost', 'Lost answer, not paid', 'looked up, and found not charged'],
] as const;

export type Method = (typeof METHODS)[number][0];

export function PaymentMethods({ chosen, onChoose, isFixed }: { chosen: Method; onChoose: (method: Method) => void; isFixed: boolean }) {
  return (
    <fieldset className="methods" disabled={isFixed}>
      <legend>{strings.checkout.methods}</legend>
      <p className="quiet">{strings.checkout.methodsNote}</p>
      <div className="method-list">
        {METHODS.map(([method, name, what]) => (
          <label key={method} className="method">
            <input type="radio" name="method" value={method} checked={method === chosen} onChange={() => onChoose(method)} />
            <span className="method-name">{name}</span>
            <span className="quiet">{what}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
