import type Stripe from 'stripe';
import type { ChargeState } from '../payment-provider.js';
import { chargeState } from './stripe-inspection.js';

const intentOf = (more: Partial<Stripe.PaymentIntent> = {}) =>
  ({
    id: 'pi_1',
    status: 'succeeded',
    amount: 1999,
    amount_received: 1999,
    capture_method: 'automatic',
    currency: 'eur',
    metadata: {},
    ...more,
  }) as Stripe.PaymentIntent;

const refundOf = (status: string | null) =>
  ({ id: 're_1', status, amount: 500, created: 2, metadata: null }) as Stripe.Refund;
const disputeOf = (status: string, currency = 'eur') =>
  ({ id: 'dp_1', status, amount: 700, created: 3, currency }) as Stripe.Dispute;

test.each([
  ['succeeded', true],
  ['pending', true],
  ['requires_action', true],
  ['failed', false],
  ['canceled', false],
])('a refund that is %s returns money: %s', (status, stands) => {
  expect((chargeState(intentOf(), [refundOf(status)], []) as ChargeState).movements).toMatchObject([
    { type: 'refund', stands },
  ]);
});

test.each([
  ['needs_response', true],
  ['under_review', true],
  ['lost', true],
  ['appeal_needs_response', true],
  ['appeal_under_review', true],
  ['won', false],
  ['prevented', false],
  ['warning_needs_response', false],
  ['warning_under_review', false],
  ['warning_closed', false],
])('a dispute that is %s has taken money: %s', (status, stands) => {
  expect((chargeState(intentOf(), [], [disputeOf(status)]) as ChargeState).movements).toMatchObject([
    { type: 'dispute', stands },
  ]);
});

test.each([
  ['a charge', chargeState(intentOf({ status: 'melting' as never }), [], [])],
  ['a refund', chargeState(intentOf(), [refundOf('melting')], [])],
  ['a refund, of which it says nothing,', chargeState(intentOf(), [refundOf(null)], [])],
  ['a dispute', chargeState(intentOf(), [], [disputeOf('melting')])],
  ['a dispute in another currency', chargeState(intentOf(), [], [disputeOf('lost', 'usd')])],
])('%s with an unknown status needs attention', (_, state) => {
  expect(state).toEqual({ type: 'not_understood', reason: expect.stringMatching(/_1$/) });
});

test('lists movements in order of time, in the minor unit of ISO 4217', () => {
  const state = chargeState(
    intentOf({ currency: 'isk', amount: 199_900, amount_received: 199_900 }),
    [refundOf('succeeded')],
    [disputeOf('lost', 'isk')],
  );
  expect(state).toMatchObject({
    authorized: 1999,
    captured: 1999,
    currency: 'ISK',
    movements: [{ amount: 5 }, { amount: 7 }],
  });
});
