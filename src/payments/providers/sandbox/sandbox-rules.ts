import { stepDecline } from '../currencies.js';
import type { DeclineCode } from '../declines.js';
import type { SandboxCharge, SandboxMovement } from './sandbox-ledger.js';
import { scriptOf } from './payment-methods.js';

/** Why the sandbox declines to move an amount. */
export const RULES: Readonly<
  Record<SandboxMovement['type'], (entry: SandboxCharge, amount: number) => DeclineCode | undefined>
> = {
  capture: (entry, amount) =>
    closed(entry) ?? stepDecline({ ...entry, amount }) ?? (amount > entry.amount ? 'amount_too_large' : undefined),
  void: (entry) => closed(entry),
  refund: ({ paymentMethod, currency, captured, refunded, disputed }, amount) => {
    const script = scriptOf(paymentMethod);
    if (script.does === 'charge' && script.refundsFail) return 'refund_failed';
    if (captured > 0 && captured === refunded) return 'already_refunded';
    return (
      stepDecline({ amount, currency }) ?? (amount > captured - refunded - disputed ? 'amount_too_large' : undefined)
    );
  },
  // A customer may dispute money that was refunded.
  dispute: ({ captured, disputed }, amount) => (amount > captured - disputed ? 'amount_too_large' : undefined),
};

function closed({ captured, voidedAt, outcome }: SandboxCharge): DeclineCode | undefined {
  if (captured > 0) return 'already_captured';
  return voidedAt || outcome !== 'charged' ? 'authorization_gone' : undefined;
}
