import { randomUUID } from 'node:crypto';
import type { NextAction } from '../../src/operations/domain/operation-events.js';
import { RetryableError } from '../../src/operations/kinds/outcome.js';
import {
  type CaptureRequest,
  type ChargeRequest,
  type PaymentProvider,
  type ProviderAnswer,
  type ProviderInquiry,
  type ProviderLookUp,
  type RefundRequest,
  type Succeeded,
} from '../../src/payments/providers/payment-provider.js';
import { HOURS } from '../../src/time/durations.js';
import { chargeOf, NOTHING, type ProviderMethods, type ProviderUnderTest, whatCameOf } from './provider-under-test.js';
import { cancelCases } from './provider-cancel.js';
import { faultCases } from './provider-faults.js';
import { MONEY_CASES } from './provider-money.js';
import { WEBHOOK_CASES } from './provider-webhooks.js';

const LONG_AGO = new Date(Date.now() - 25 * HOURS);

const ALL = { charges: 1, authorized: 1999, captured: 1999, refunded: 0, disputed: 0, voided: false };

const errorOf = (answer: Promise<unknown>) =>
  answer.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Retryable would mean that the same request may work later; success would mean that it was done. */
async function expectRefused(call: Promise<ProviderAnswer>): Promise<void> {
  const error = await errorOf(call);
  expect(error).not.toBeInstanceOf(RetryableError);
  if (!error) expect(await call).toMatchObject({ type: 'unknown' });
}

/**
 * The contract of every provider: it moves money at most once under a key, and reports an unknown outcome as unknown.
 */
export function describeProvider(
  name: string,
  methods: ProviderMethods,
  start: () => Promise<ProviderUnderTest>,
): void {
  describe(`the provider ${name}`, () => {
    let under: ProviderUnderTest;
    let provider: PaymentProvider;
    beforeAll(async () => {
      under = await start();
      provider = under.provider;
    });
    afterAll(() => under.stop());

    /** A charge that has succeeded, for movements. */
    async function made(more: Partial<ChargeRequest> = {}) {
      const request = chargeOf(methods.charged, more);
      const { reference: charge } = (await provider.charge(request)) as Succeeded;
      const call = (amount: number, again: object = {}) => {
        const operationId = randomUUID();
        const sent = { operationId, idempotencyKey: operationId, startedAt: new Date() };
        return { ...sent, charge, currency: 'EUR', amount, ...again };
      };
      return { key: request.idempotencyKey, charge, call };
    }

    const lookUp = (
      call: ProviderInquiry['call'],
      { idempotencyKey }: { idempotencyKey: string },
      charge: string | null = null,
    ): Promise<ProviderLookUp> => provider.lookUp({ call, idempotencyKey, charge, sentAt: new Date() });

    const cancelOf = ({ idempotencyKey: chargeKey, operationId }: ChargeRequest, charge: string | null = null) =>
      provider.cancel({
        operationId,
        idempotencyKey: `${chargeKey}:cancel`,
        startedAt: new Date(),
        chargeKey,
        charge,
        sentAt: new Date(),
      });

    const referenceOf = (answer: ProviderAnswer | ProviderLookUp) =>
      'reference' in answer ? answer.reference : undefined;

    test('has the name used in receipts', () => {
      expect(provider.name).toBe(name);
    });

    test('has payment methods of one shape, the first of which is charged', async () => {
      const { pattern, description, examples } = provider.paymentMethods;
      const tokens = Object.keys(examples);
      for (const token of [...tokens, methods.charged, methods.unknown]) expect(token).toMatch(pattern);
      expect(tokens.some((token) => description.includes(token))).toBe(true);
      expect(await provider.charge(chargeOf(tokens[0] ?? ''))).toMatchObject({ type: 'succeeded' });
      expect('4242').not.toMatch(pattern);
    });

    describe('asked to charge', () => {
      test('takes the money, and finds the charge by its key and its reference later', async () => {
        const request = chargeOf(methods.charged);
        const answer = await provider.charge(request);
        expect(answer).toEqual({
          type: 'succeeded',
          reference: expect.stringMatching(/^\S+$/),
          amount: 1999,
          currency: 'EUR',
          captured: true,
        });
        expect(await lookUp('charge', request)).toEqual(answer);
        expect(await lookUp('charge', request, referenceOf(answer))).toEqual(answer);
        expect(await under.books(request.idempotencyKey)).toEqual(ALL);
      });

      test('only authorizes if asked to', async () => {
        const request = chargeOf(methods.charged, { capture: false });
        const answer = await provider.charge(request);
        expect(answer).toMatchObject({ type: 'succeeded', amount: 1999, captured: false });
        expect(await lookUp('charge', request)).toEqual(answer);
        expect(await under.books(request.idempotencyKey)).toEqual({ ...ALL, captured: 0 });
      });

      test('takes the money of an absent customer if their bank does not ask', async () => {
        const request = chargeOf(methods.charged, { offSession: true });
        expect(await provider.charge(request)).toMatchObject({ type: 'succeeded', captured: true });
        expect(await under.books(request.idempotencyKey)).toEqual(ALL);
      });

      test.each(Object.entries(methods.declined))(
        'declines %s with a known reason: %s',
        async (paymentMethod, code) => {
          const request = chargeOf(paymentMethod);
          const declined = { type: 'declined', code, providerCode: expect.any(String) };
          expect(await provider.charge(request)).toMatchObject(declined);
          expect(await provider.charge(request)).toMatchObject(declined);
          expect(await lookUp('charge', request)).toMatchObject({ type: 'declined', code });
          expect(await under.books(request.idempotencyKey)).toEqual(NOTHING);
        },
      );

      test('declines an unknown payment method', async () => {
        const request = chargeOf(methods.unknown);
        expect(await provider.charge(request)).toMatchObject({ type: 'declined', code: 'payment_method_unknown' });
        expect(await under.books(request.idempotencyKey)).toEqual(NOTHING);
      });

      test('charges once under one key, however often it is asked, and gives the same answer', async () => {
        const request = chargeOf(methods.charged);
        const answers = [
          await provider.charge(request),
          await provider.charge(request),
          await provider.charge(request),
        ];
        expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
        expect(await under.books(request.idempotencyKey)).toEqual(ALL);
      });

      test('charges once under one key for many concurrent requests', async () => {
        const request = chargeOf(methods.charged);
        const answers = await Promise.all(Array.from({ length: 10 }, () => provider.charge(request)));
        const references = new Set(answers.filter(({ type }) => type === 'succeeded').map(referenceOf));
        expect(references.size).toBe(1);
        // A provider may answer a concurrent call with `unknown`.
        for (const { type } of answers) expect(['succeeded', 'unknown']).toContain(type);
        expect(await under.books(request.idempotencyKey)).toEqual(ALL);
      });

      test('charges once under a key that the provider has forgotten since', async () => {
        const request = chargeOf(methods.charged, { startedAt: LONG_AGO });
        const answer = await provider.charge(request);
        under.forgetKeys();
        expect(await provider.charge(request)).toEqual(answer);
        expect(await under.books(request.idempotencyKey)).toEqual(ALL);
      });

      test('charges each key separately', async () => {
        const answers = await Promise.all(Array.from({ length: 5 }, () => provider.charge(chargeOf(methods.charged))));
        expect(new Set(answers.map(referenceOf)).size).toBe(5);
      });

      test.each([{ amount: 2000 }, { currency: 'USD' }])(
        'does not make another charge under a used key: %j',
        async (other) => {
          const request = chargeOf(methods.charged);
          const answer = await provider.charge(request);
          await expectRefused(provider.charge({ ...request, ...other }));
          expect(await lookUp('charge', request)).toEqual(answer);
          expect(await under.books(request.idempotencyKey)).toEqual(ALL);
        },
      );

      test('reports never_arrived for a call that it never got', async () => {
        expect(await lookUp('charge', { idempotencyKey: randomUUID() })).toEqual({ type: 'never_arrived' });
      });
    });

    describe('whose answer is lost', () => {
      test('is unknown; the look-up finds the charge, and a repeated call does not charge again', async () => {
        const request = chargeOf(methods.chargedAnswerLost);
        expect(await provider.charge(request)).toMatchObject({
          type: 'unknown',
          reason: expect.stringMatching(/^[a-z_]+$/),
        });
        const found = await lookUp('charge', request);
        const money = { amount: 1999, currency: 'EUR', captured: true };
        expect(found).toEqual({ type: 'succeeded', reference: expect.any(String), ...money });
        expect(await provider.charge(request)).toEqual(found);
        expect(await under.books(request.idempotencyKey)).toEqual(ALL);
      });

      test('is unknown; the look-up finds that nothing was charged', async () => {
        const request = chargeOf(methods.notChargedAnswerLost);
        expect(await provider.charge(request)).toMatchObject({ type: 'unknown' });
        expect(await lookUp('charge', request)).toMatchObject({ type: 'declined' });
        expect(await under.books(request.idempotencyKey)).toEqual(NOTHING);
      });

      test('is unknown if the request never arrived; the look-up says so, and it can be sent again', async () => {
        const request = chargeOf(methods.neverArrived);
        expect(await provider.charge(request)).toMatchObject({ type: 'unknown' });
        expect(await lookUp('charge', request)).toEqual({ type: 'never_arrived' });
        expect(await provider.charge(request)).toMatchObject({ type: 'succeeded' });
        expect(await under.books(request.idempotencyKey)).toEqual(ALL);
      });
    });

    describe('that cannot be reached', () => {
      test('throws a RetryableError, and has surely not acted', async () => {
        const request = chargeOf(methods.unavailable);
        const error = await errorOf(provider.charge(request));
        expect(error).toBeInstanceOf(RetryableError);
        expect(error).toMatchObject({ reason: expect.stringMatching(/^[a-z_]+$/) });
        expect(await lookUp('charge', request)).toEqual({ type: 'never_arrived' });
        expect(await under.books(request.idempotencyKey)).toEqual(NOTHING);
      });

      test('charges once when it can be reached again', async () => {
        const request = chargeOf(methods.unavailableAtFirst);
        let answer: ProviderAnswer | undefined;
        for (let attempts = 1; !answer; attempts += 1) {
          expect(attempts).toBeLessThan(10);
          answer = await provider.charge(request).catch((error: unknown) => {
            expect(error).toBeInstanceOf(RetryableError);
            return undefined;
          });
        }
        expect(answer).toMatchObject({ type: 'succeeded' });
        expect(await provider.charge(request)).toEqual(answer);
        expect(await under.books(request.idempotencyKey)).toEqual(ALL);
      });
    });

    describe('that must ask the customer', () => {
      async function asked(more: Partial<ChargeRequest> = {}) {
        const request = chargeOf(methods.actionRequired, more);
        const answer = await provider.charge(request);
        return { request, answer };
      }

      test('returns the customer’s action, and has taken nothing', async () => {
        const { request, answer } = await asked({ returnUrl: 'https://shop.example/order' });
        expect(answer).toEqual({
          type: 'action_required',
          reference: expect.any(String),
          nextAction: expect.anything(),
        });
        const { nextAction } = answer as { nextAction: NextAction };
        if (nextAction.type === 'redirect') expect(nextAction.url).toMatch(/^https?:\/\//);
        else expect(nextAction.clientData).toEqual(expect.objectContaining({ clientSecret: expect.any(String) }));
        expect(await lookUp('charge', request)).toMatchObject({ type: 'action_required', nextAction });
        expect(await provider.charge(request)).toEqual(answer);
        expect(await under.books(request.idempotencyKey)).toEqual(NOTHING);
      });

      test('charges once when they approve', async () => {
        const { request } = await asked();
        await under.answerCustomer(request.idempotencyKey, 'approve');
        expect(await lookUp('charge', request)).toMatchObject({ type: 'succeeded', amount: 1999, captured: true });
        expect(await under.books(request.idempotencyKey)).toEqual(ALL);
      });

      test('declines when they refuse', async () => {
        const { request } = await asked();
        await under.answerCustomer(request.idempotencyKey, 'refuse');
        expect(await lookUp('charge', request)).toMatchObject({ type: 'declined', code: 'authentication_failed' });
        expect(await under.books(request.idempotencyKey)).toEqual(NOTHING);
      });

      test('can no longer be paid once they have refused and it is canceled', async () => {
        const { request } = await asked();
        await under.answerCustomer(request.idempotencyKey, 'refuse');
        const answer = await lookUp('charge', request);
        if ('payable' in answer)
          expect(await cancelOf(request, referenceOf(answer) ?? null)).toMatchObject({ type: 'succeeded' });
        await under.payAgain(request.idempotencyKey).catch(() => undefined);
        expect(await lookUp('charge', request)).toMatchObject({ type: 'declined', code: 'authentication_failed' });
        expect(await under.books(request.idempotencyKey)).toEqual(NOTHING);
      });

      test.each(['by its reference', 'by its key'])(
        'can be canceled, after which approving takes nothing: %s',
        async (how) => {
          const { request, answer } = await asked();
          const reference = how === 'by its reference' ? (referenceOf(answer) ?? null) : null;
          expect(await cancelOf(request, reference)).toMatchObject({ type: 'succeeded' });
          await under.answerCustomer(request.idempotencyKey, 'approve').catch(() => undefined);
          expect(await lookUp('charge', request)).toMatchObject({ type: 'declined', code: 'canceled_at_provider' });
          expect(await under.books(request.idempotencyKey)).toEqual(NOTHING);
          expect(await cancelOf(request, reference)).toMatchObject({ type: 'succeeded' });
        },
      );

      test('declines if the customer is not present', async () => {
        const { request, answer } = await asked({ offSession: true });
        expect(answer).toMatchObject({ type: 'declined', code: 'authentication_required' });
        expect(await under.books(request.idempotencyKey)).toEqual(NOTHING);
      });
    });

    describe('asked to cancel a charge', () => {
      test('declines as too late if the money was taken', async () => {
        const request = chargeOf(methods.charged);
        const answer = await provider.charge(request);
        expect(await cancelOf(request, referenceOf(answer))).toMatchObject({ type: 'declined', code: 'too_late' });
        expect(await cancelOf({ ...request }, null)).toMatchObject({ type: 'declined', code: 'too_late' });
        expect(await under.books(request.idempotencyKey)).toEqual(ALL);
      });

      for (const { title, run } of cancelCases(methods)) test(title, () => run(under, methods));
    });

    test('that is pending stays pending until it is done', async () => {
      const request = chargeOf(methods.pending);
      expect(await provider.charge(request)).toEqual({ type: 'pending', reference: expect.any(String) });
      expect(await lookUp('charge', request)).toMatchObject({ type: 'pending' });
      expect(await under.books(request.idempotencyKey)).toEqual(NOTHING);
      await under.completePending(request.idempotencyKey);
      const settled = await lookUp('charge', request);
      expect(settled).toMatchObject({ type: 'succeeded', captured: true });
      expect(await provider.charge(request)).toEqual(settled);
      expect(await under.books(request.idempotencyKey)).toEqual(ALL);
    });

    describe.each([
      { what: 'capture', capture: false, after: { captured: 150 } },
      { what: 'void', capture: false, after: { captured: 0, voided: true } },
      { what: 'refund', capture: true, after: { refunded: 150 } },
    ] as const)('asked to $what', ({ what, capture, after }) => {
      test('does it once under one key for many concurrent requests', async () => {
        const { key, charge, call } = await made({ capture });
        const request = call(150);
        const answers = await Promise.all(Array.from({ length: 10 }, () => whatCameOf(provider[what](request))));
        expect(answers).toContain('succeeded');
        // A provider may answer a concurrent call with `unknown`.
        for (const answer of answers) expect(['succeeded', 'unknown', 'surely not, try again']).toContain(answer);
        expect(await lookUp(what, request, charge)).toMatchObject({ type: 'succeeded' });
        expect(await under.books(key)).toMatchObject(after);
      });
    });

    describe.each([
      { what: 'capture', capture: false, after: { captured: 500 } },
      { what: 'refund', capture: true, after: { refunded: 500 } },
    ] as const)('asked to $what', ({ what, capture, after }) => {
      test('does it once under a key that the provider has forgotten since', async () => {
        const { key, call } = await made({ capture });
        const request = call(500, { startedAt: LONG_AGO });
        const answer = await provider[what](request);
        under.forgetKeys();
        expect(await provider[what](request)).toEqual(answer);
        expect(await under.books(key)).toMatchObject(after);
      });

      test('does not move another amount under a used key', async () => {
        const { key, charge, call } = await made({ capture });
        const request = call(500);
        const answer = await provider[what](request);
        await expectRefused(provider[what]({ ...request, amount: 600 }));
        expect(await lookUp(what, request, charge)).toEqual(answer);
        expect(await under.books(key)).toMatchObject(after);
      });
    });

    describe('asked to capture', () => {
      test.each([1999, 1500])('takes %i of what was authorized, once', async (amount) => {
        const { key, charge, call } = await made({ capture: false });
        const request: CaptureRequest = call(amount);
        expect(await lookUp('capture', request, charge)).toEqual({ type: 'never_arrived' });
        const answer = await provider.capture(request);
        expect(answer).toMatchObject({ type: 'succeeded', reference: expect.any(String), amount });
        expect(await provider.capture(request)).toEqual(answer);
        expect(await lookUp('capture', request, charge)).toEqual(answer);
        expect(await provider.capture(call(amount))).toMatchObject({ type: 'declined', code: 'already_captured' });
        expect(await under.books(key)).toEqual({ ...ALL, captured: amount });
      });

      test('takes it once for many concurrent requests', async () => {
        const { key, call } = await made({ capture: false });
        const answers = await Promise.all(Array.from({ length: 10 }, () => whatCameOf(provider.capture(call(150)))));
        expect(answers.filter((answer) => answer === 'succeeded')).toHaveLength(1);
        expect(await under.books(key)).toMatchObject({ captured: 150 });
      });

      test('does not take more than was authorized', async () => {
        const { key, call } = await made({ capture: false });
        expect(await provider.capture(call(2000))).toMatchObject({ type: 'declined', code: 'amount_too_large' });
        expect(await under.books(key)).toMatchObject({ captured: 0 });
      });
    });

    describe('asked to void', () => {
      test('releases what was authorized, once', async () => {
        const { key, charge, call } = await made({ capture: false });
        const request = call(1999);
        expect(await lookUp('void', request, charge)).toEqual({ type: 'never_arrived' });
        const answer = await provider.void(request);
        expect(answer).toMatchObject({ type: 'succeeded', reference: expect.any(String), amount: 1999 });
        expect(await provider.void(request)).toEqual(answer);
        expect(await lookUp('void', request, charge)).toEqual(answer);
        expect(await provider.capture(call(100))).toMatchObject({ type: 'declined', code: 'authorization_gone' });
        expect(await under.books(key)).toEqual({
          charges: 1,
          authorized: 1999,
          captured: 0,
          refunded: 0,
          disputed: 0,
          voided: true,
        });
      });

      test('declines as too late if the money was captured', async () => {
        const { key, call } = await made();
        expect(await provider.void(call(1999))).toMatchObject({ type: 'declined', code: 'already_captured' });
        expect(await under.books(key)).toEqual(ALL);
      });
    });

    describe('asked to refund', () => {
      test.each([1999, 700])('gives back %i, once under one key', async (amount) => {
        const { key, charge, call } = await made();
        const request: RefundRequest = { ...call(amount), reason: 'Returned by the customer' };
        expect(await lookUp('refund', request, charge)).toEqual({ type: 'never_arrived' });
        const answer = await provider.refund(request);
        expect(answer).toMatchObject({ type: 'succeeded', reference: expect.any(String), amount });
        expect(await provider.refund(request)).toEqual(answer);
        expect(await lookUp('refund', request, charge)).toEqual(answer);
        expect(await under.books(key)).toEqual({ ...ALL, refunded: amount });
      });

      test('gives back nothing of an uncaptured charge', async () => {
        const { key, call } = await made({ capture: false });
        expect(await whatCameOf(provider.refund(call(100)))).not.toBe('succeeded');
        expect(await under.books(key)).toEqual({ ...ALL, captured: 0 });
      });

      test('gives back no more than was captured, in any number of parts', async () => {
        const { key, call } = await made();
        expect(await provider.refund(call(1000))).toMatchObject({ type: 'succeeded' });
        expect(await provider.refund(call(1000))).toMatchObject({ type: 'declined', code: 'amount_too_large' });
        expect(await provider.refund(call(999))).toMatchObject({ type: 'succeeded' });
        expect(await provider.refund(call(1))).toMatchObject({ type: 'declined', code: 'already_refunded' });
        expect(await under.books(key)).toEqual({ ...ALL, refunded: 1999 });
      });

      test('gives back no more than was captured for many concurrent requests', async () => {
        const { key, call } = await made();
        const answers = await Promise.all(Array.from({ length: 10 }, () => whatCameOf(provider.refund(call(500)))));
        expect(answers.filter((answer) => answer === 'succeeded')).toHaveLength(3);
        expect(await under.books(key)).toMatchObject({ refunded: 1500 });
      });
    });

    describe('asked for the state of a charge', () => {
      const inspect = (charge: string) => provider.inspect({ charge, currency: 'EUR' });
      const stateOf = async (charge: string) => {
        const state = await inspect(charge);
        if (state.type !== 'found')
          throw new Error(`Expected the charge ${charge} to be found, found ${JSON.stringify(state)}.`);
        return state;
      };

      test('reports what was taken, and our operation', async () => {
        const { key, charge } = await made();
        const taken = {
          type: 'found',
          reference: charge,
          operationId: key,
          currency: 'EUR',
          authorized: 1999,
          captured: 1999,
        };
        expect(await inspect(charge)).toEqual({ ...taken, movements: [] });
        const { charge: held } = await made({ capture: false });
        expect(await inspect(held)).toMatchObject({ authorized: 1999, captured: 0, movements: [] });
      });

      test('reports that nothing was taken while the customer must act', async () => {
        const answer = await provider.charge(chargeOf(methods.actionRequired));
        expect(await inspect(referenceOf(answer) ?? '')).toMatchObject({ type: 'found', authorized: 0, captured: 0 });
      });

      test('reports not_found for an unknown charge', async () => {
        expect(await inspect(methods.unknownCharge)).toEqual({ type: 'not_found' });
      });

      test('reports our movements under their keys', async () => {
        const { charge, call } = await made({ capture: false });
        const [capture, refund] = [call(1500), call(400)];
        const captured = (await provider.capture(capture)) as Succeeded;
        const refunded = (await provider.refund(refund)) as Succeeded;
        expect(await stateOf(charge)).toMatchObject({
          captured: 1500,
          movements: [
            {
              type: 'capture',
              reference: captured.reference,
              amount: 1500,
              idempotencyKey: capture.idempotencyKey,
              stands: true,
            },
            {
              type: 'refund',
              reference: refunded.reference,
              amount: 400,
              idempotencyKey: refund.idempotencyKey,
              stands: true,
            },
          ],
        });
      });

      test.each([
        { act: 'capture', capture: false, amount: 1200, after: { captured: 1200 } },
        { act: 'void', capture: false, amount: 1999, after: { captured: 0, voided: true } },
        { act: 'refund', capture: true, amount: 300, after: { refunded: 300 } },
        { act: 'dispute', capture: true, amount: 1999, after: { disputed: 1999 } },
      ] as const)('reports a $act made without us, without a key of ours', async ({ act, capture, amount, after }) => {
        const { key, charge } = await made({ capture });
        await under.actInDashboard(key, act, act === 'void' ? undefined : amount);
        const { movements } = await stateOf(charge);
        expect(movements).toEqual([
          {
            type: act,
            reference: expect.any(String),
            amount,
            idempotencyKey: movements[0]?.idempotencyKey,
            stands: true,
          },
        ]);
        expect([key, `${key}:${act}`]).not.toContain(movements[0]?.idempotencyKey);
        expect(await under.books(key)).toMatchObject(after);
      });

      test('reports several movements with distinct references', async () => {
        const { key, charge } = await made();
        await under.actInDashboard(key, 'refund', 300);
        await under.actInDashboard(key, 'refund', 300);
        const { movements } = await stateOf(charge);
        expect(new Set(movements.map(({ reference }) => reference)).size).toBe(2);
      });

      test('reports that a dispute was won', async () => {
        const { key, charge } = await made();
        await under.actInDashboard(key, 'dispute', 1999);
        await under.actInDashboard(key, 'win_dispute');
        expect((await stateOf(charge)).movements).toMatchObject([{ type: 'dispute', stands: false }]);
        expect(await under.books(key)).toMatchObject({ captured: 1999, disputed: 0 });
      });

      test('does not refund disputed money', async () => {
        const { key, call } = await made();
        await under.actInDashboard(key, 'dispute', 1999);
        expect(await whatCameOf(provider.refund(call(100)))).not.toBe('succeeded');
        expect(await under.books(key)).toMatchObject({ refunded: 0, disputed: 1999 });
      });
    });

    describe('whose answer is lost or unreadable', () => {
      for (const { title, run } of faultCases(methods)) test(title, () => run(under, methods));
    });

    describe('asked for money of any kind', () => {
      for (const { title, run } of MONEY_CASES) test(title, () => run(under, methods));
    });

    describe('that sends a webhook', () => {
      for (const { title, run } of WEBHOOK_CASES) test(title, () => run(under, methods));
    });
  });
}
