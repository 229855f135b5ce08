import { compareLedger } from './ledger-differences.js';
import type { ChargeMovement, ChargeState } from '../providers/payment-provider.js';
import type { EnteredMovement, Payment } from './ledger-entries.js';

const payment = (more: Partial<Payment> = {}) =>
  ({ currency: 'EUR', authorized: 1999, captured: 1999, refunded: 0, disputed: 0, voidedAt: null, ...more }) as Payment;
const state = (movements: ChargeMovement[] = [], more: Partial<ChargeState> = {}): ChargeState => ({
  type: 'found',
  reference: 'c',
  operationId: 'o',
  currency: 'EUR',
  authorized: 1999,
  captured: 1999,
  movements,
  ...more,
});
const their = (more: Partial<ChargeMovement> = {}): ChargeMovement => ({
  type: 'refund',
  reference: 'r',
  amount: 500,
  idempotencyKey: null,
  stands: true,
  ...more,
});
const our = (more: Partial<EnteredMovement> = {}) =>
  ({
    id: 'm',
    operationId: 'mine',
    type: 'refund',
    amount: 500,
    reference: 'r',
    doneAt: new Date(),
    moverStatus: 'success',
    isMoverDone: true,
    ...more,
  }) as EnteredMovement;

const NOTHING = { enter: [], takeBack: [], restore: [], reconcile: [], unexplained: [] };
const held = { authorized: 1999, captured: 0 };

test.each<[string, Parameters<typeof compareLedger>, object]>([
  [
    'nothing, where both say the same',
    [payment({ refunded: 500 }), [our()], state([their({ idempotencyKey: 'mine:refund' })])],
    {},
  ],
  [
    'a refund without us',
    [payment(), [], state([their()])],
    { enter: [{ type: 'refund', amount: 500, reference: 'r' }] },
  ],
  [
    'nothing new of one that was entered',
    [payment({ refunded: 500 }), [our({ operationId: null })], state([their()])],
    {},
  ],
  ['nothing of one that has failed before we knew of it', [payment(), [], state([their({ stands: false })])], {}],
  [
    'one without us that was taken back',
    [payment({ refunded: 500 }), [our({ operationId: null })], state([their({ stands: false })])],
    { takeBack: [expect.objectContaining({ id: 'm' })] },
  ],
  [
    'one without us that stands again',
    [payment(), [our({ operationId: null, doneAt: null })], state([their()])],
    { restore: [expect.objectContaining({ id: 'm' })] },
  ],
  [
    'nothing of ours that is on its way',
    [
      payment(),
      [our({ doneAt: null, reference: null, moverStatus: 'processing', isMoverDone: false })],
      state([their({ idempotencyKey: 'mine:refund' })]),
    ],
    {},
  ],
  [
    'ours that has ended otherwise, to be reconciled',
    [
      payment(),
      [our({ doneAt: null, reference: null, moverStatus: 'failed' })],
      state([their({ idempotencyKey: 'mine:refund' })]),
    ],
    { reconcile: ['mine'] },
  ],
  [
    'ours that the bank has returned, to be reconciled',
    [payment({ refunded: 500 }), [our()], state([their({ idempotencyKey: 'mine:refund', stands: false })])],
    { reconcile: ['mine'] },
  ],
  [
    'a capture without us',
    [payment(held), [], state([their({ type: 'capture', amount: 1500 })], { captured: 1500 })],
    { enter: [{ type: 'capture', amount: 1500, reference: 'r' }] },
  ],
  [
    'a capture that was no call of its own',
    [payment(held), [], state([], { captured: 1999 })],
    { enter: [{ type: 'capture', amount: 1999, reference: null }] },
  ],
  [
    'nothing of a capture of ours that is on its way',
    [
      payment(held),
      [our({ type: 'capture', doneAt: null, reference: null, isMoverDone: false })],
      state([their({ type: 'capture', amount: 1999, idempotencyKey: 'mine:capture' })]),
    ],
    {},
  ],
  [
    'a release without us',
    [payment(held), [], state([their({ type: 'void', reference: 'c', amount: 1999 })], { authorized: 0, captured: 0 })],
    { enter: [{ type: 'void', amount: 1999, reference: 'c' }] },
  ],
  [
    'nothing of a release of ours that is under way, whose key the provider does not report',
    [
      payment(held),
      [our({ type: 'void', doneAt: null, reference: null, isMoverDone: false })],
      state([their({ type: 'void', reference: 'c' })], { authorized: 0, captured: 0 }),
    ],
    {},
  ],
  [
    'that it has less captured, unexplained',
    [payment(), [], state([], { captured: 0 })],
    { unexplained: [expect.stringContaining('1999 captured')] },
  ],
  [
    'that it knows nothing of ours, unexplained',
    [payment({ refunded: 500 }), [our()], state()],
    { unexplained: [expect.stringContaining('r,')] },
  ],
  [
    'more refunded than captured, unexplained',
    [
      payment({ refunded: 1999 }),
      [our({ amount: 1999 })],
      state([their({ idempotencyKey: 'mine:refund' }), their({ reference: 'other' })]),
    ],
    {
      enter: [expect.objectContaining({ reference: 'other' })],
      unexplained: [expect.stringContaining('2499 were refunded')],
    },
  ],
  [
    'another currency, unexplained',
    [payment(), [], state([], { currency: 'USD' })],
    { unexplained: [expect.stringContaining('USD')] },
  ],
  [
    'nothing authorized, unexplained',
    [payment(), [], state([], { authorized: 0 })],
    { unexplained: [expect.stringContaining('nothing')] },
  ],
])('finds %s', (_, given, found) => {
  expect(compareLedger(...given)).toEqual({ ...NOTHING, ...found });
});
