import { z } from 'zod';
import type { DeclineCode } from '../../../src/payments/providers/declines.js';
import type { ChargeMovement, Inspection, ProviderAnswer } from '../../../src/payments/providers/payment-provider.js';

export const move = z.object({
  code: z.string(),
  type: z.string(),
  minor: z.int(),
  state: z.string(),
  why: z.string().nullable(),
  key: z.string().nullable(),
});
export type Move = z.output<typeof move>;

export const charge = z.object({
  code: z.string(),
  op: z.string(),
  minor: z.int(),
  iso: z.string(),
  phase: z.string(),
  why: z.string().nullable(),
  page: z.string().nullable(),
  had: z.int(),
  taken: z.int(),
  moves: z.array(move),
});
export type Charge = z.output<typeof charge>;

const WHYS: Readonly<Record<string, DeclineCode>> = {
  absent: 'authentication_required',
  amount: 'amount_not_accepted',
  bank: 'card_declined',
  currency: 'currency_not_supported',
  customer: 'authentication_failed',
  funds: 'insufficient_funds',
  gone: 'authorization_gone',
  much: 'amount_too_large',
  returned: 'already_refunded',
  taken: 'already_captured',
  token: 'payment_method_unknown',
};

const declined = (why: string | null, otherwise: DeclineCode) =>
  ({ type: 'declined', code: WHYS[why ?? ''] ?? otherwise, providerCode: why }) as const;

const strange = (providerCode: string) => ({ type: 'unknown', reason: 'status_unknown', providerCode }) as const;

export function chargeAnswer({ code: reference, phase, minor, iso: currency, why, page }: Charge): ProviderAnswer {
  switch (phase) {
    case 'paid':
      return { type: 'succeeded', reference, amount: minor, currency, captured: true };
    case 'held':
      return { type: 'succeeded', reference, amount: minor, currency, captured: false };
    case 'thinking':
      return { type: 'pending', reference };
    case 'asking':
      return page
        ? { type: 'action_required', reference, nextAction: { type: 'redirect', url: page } }
        : { type: 'unknown', reason: 'page_missing' };
    case 'refused':
      return { ...declined(why, 'card_declined'), reference };
    case 'freed':
    case 'stopped':
      return { type: 'declined', reference, code: 'canceled_at_provider', providerCode: phase };
    default:
      return strange(phase);
  }
}

/** The answer to a stop. A charge that Kestrel refused never takes money either. */
export function stopAnswer({ code: reference, phase, minor }: Charge): ProviderAnswer {
  switch (phase) {
    case 'stopped':
    case 'refused':
    case 'freed':
      return { type: 'succeeded', reference, amount: minor };
    case 'paid':
    case 'held':
      return { type: 'declined', code: 'too_late', providerCode: phase };
    default:
      return strange(phase);
  }
}

export function moveAnswer({ code: reference, minor: amount, state, why }: Move): ProviderAnswer {
  switch (state) {
    case 'done':
      return { type: 'succeeded', reference, amount };
    case 'refused':
      return declined(why, 'refund_failed');
    default:
      return strange(state);
  }
}

const PHASES = ['paid', 'held', 'freed', 'refused', 'asking', 'thinking', 'stopped'];

const TYPES: Readonly<Record<string, ChargeMovement['type']>> = {
  take: 'capture',
  free: 'void',
  return: 'refund',
  dispute: 'dispute',
};
/** Whether a movement in this state is still valid. */
const STANDS: Readonly<Record<string, boolean>> = { done: true, given_back: false };

export function chargeState({
  code: reference,
  op: operationId,
  iso: currency,
  phase,
  had,
  taken,
  moves,
}: Charge): Inspection {
  if (!PHASES.includes(phase)) return { type: 'not_understood', reason: `phase ${phase} of ${reference}` };
  const movements: ChargeMovement[] = [];
  for (const { code, type: theirs, state, minor: amount, key: idempotencyKey } of moves.filter(
    ({ state }) => state !== 'refused',
  )) {
    const [type, stands] = [TYPES[theirs], STANDS[state]];
    if (!type || stands === undefined) return { type: 'not_understood', reason: `${theirs} ${state} of ${code}` };
    movements.push({ type, reference: code, amount, idempotencyKey, stands });
  }
  return { type: 'found', reference, operationId, currency, authorized: had, captured: taken, movements };
}
