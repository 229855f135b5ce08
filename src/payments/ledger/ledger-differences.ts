import type { ChargeMovement, ChargeState } from '../providers/payment-provider.js';
import { changeOf, type Differences, type EnteredMovement, type Payment, totalOf } from './ledger-entries.js';
import { keyOf } from './movement-key.js';

export interface Comparison extends Differences {
  /** Operations whose ending the provider contradicts, or that have moved money and ended otherwise. */
  reconcile: readonly string[];
  /** Differences that an operator must look at, a sentence each. */
  unexplained: readonly string[];
}

/** Compares the payment ledger of a charge with the provider's state, leaving out our unfinished operations. */
export function compareLedger(payment: Payment, ours: readonly EnteredMovement[], theirs: ChargeState): Comparison {
  const pairs = theirs.movements.map((their) => ({ their, our: counterpartOf(their, ours) }));
  const known = new Set(pairs.map(({ our }) => our));
  const foreign = pairs.filter(({ our }) => our?.operationId === null) as {
    their: ChargeMovement;
    our: EnteredMovement;
  }[];
  const enter = pairs.filter(({ their, our }) => !our && their.stands).map(({ their }) => pick(their));
  const takeBack = foreign.filter(({ their, our }) => !their.stands && our.doneAt).map(({ our }) => our);
  const restore = foreign.filter(({ their, our }) => their.stands && !our.doneAt).map(({ our }) => our);
  const missing = ours.filter((our) => our.doneAt && !known.has(our) && our.type !== 'capture');

  const found = { enter, takeBack, restore };
  const after = {
    captured: payment.captured + changeOf(found, 'capture'),
    refunded: payment.refunded + changeOf(found, 'refund'),
    disputed: payment.disputed + changeOf(found, 'dispute'),
  };
  const underWay = totalOf(
    pairs.filter(({ their, our }) => their.stands && our?.operationId && !our.doneAt).map(({ their }) => their),
    'capture',
  );
  const uncounted = theirs.captured - underWay - after.captured;
  // It was captured with the charge itself, or in parts.
  if (uncounted > 0) enter.push({ type: 'capture', amount: uncounted, reference: null });
  return {
    enter,
    takeBack,
    restore,
    reconcile: pairs.flatMap(({ their, our }) => (our && contradicts(their, our) ? (our.operationId ?? []) : [])),
    unexplained: [
      ...missing.map(
        ({ type, amount, reference }) =>
          `The ledger has a ${type} of ${amount} as ${reference}, which the provider does not know.`,
      ),
      ...problemsOf(payment, theirs, { ...after, captured: Math.max(after.captured, theirs.captured - underWay) }),
      ...(uncounted < 0 ? [`The ledger has ${after.captured} captured, the provider ${theirs.captured}.`] : []),
    ],
  };
}

/** Matches by our key, else by the provider's reference; a void without a key is our unfinished one. */
function counterpartOf(their: ChargeMovement, ours: readonly EnteredMovement[]): EnteredMovement | undefined {
  const sameType = ours.filter(({ type }) => type === their.type);
  return (
    ours.find(
      (our) => our.operationId && keyOf({ operationId: our.operationId, type: our.type }) === their.idempotencyKey,
    ) ??
    sameType.find((our) => our.reference === their.reference && (our.doneAt ?? our.operationId === null)) ??
    sameType.find(({ type, operationId, isMoverDone }) => type === 'void' && operationId && !isMoverDone)
  );
}

/** True if an operation of ours has ended differently from what the provider says of its movement. */
function contradicts({ stands }: ChargeMovement, { doneAt, moverStatus, isMoverDone }: EnteredMovement): boolean {
  if (!isMoverDone) return false;
  return stands ? !doneAt || moverStatus !== 'success' : doneAt !== null;
}

function problemsOf(
  { currency, authorized, voidedAt }: Payment,
  theirs: ChargeState,
  { captured, refunded, disputed }: { captured: number; refunded: number; disputed: number },
): string[] {
  const released = theirs.movements.some(({ type, stands }) => type === 'void' && stands);
  const problems: [boolean, string][] = [
    [theirs.currency !== currency, `The ledger is in ${currency}, the provider in ${theirs.currency}.`],
    [
      theirs.authorized === 0 && !released && !voidedAt,
      `The ledger has ${authorized} authorized, the provider nothing.`,
    ],
    [captured > authorized, `${captured} were captured, of ${authorized} that were authorized.`],
    [refunded > captured, `${refunded} were refunded, of ${captured} that were captured.`],
    [
      refunded <= captured && refunded + disputed > captured,
      `${refunded} were refunded and ${disputed} are disputed, of ${captured} that were captured: the ` +
        'customer has some of it twice.',
    ],
  ];
  return problems.filter(([is]) => is).map(([, problem]) => problem);
}

const pick = ({
  type,
  amount,
  reference,
}: ChargeMovement): { type: ChargeMovement['type']; amount: number; reference: string | null } => ({
  type,
  amount,
  reference,
});
