import { randomUUID } from 'node:crypto';
import { RetryableError } from '../../src/operations/kinds/outcome.js';
import type { ChargeAnswer, ChargeRequest, DeclineCode, PaymentProvider } from '../../src/payments/payment-provider.js';

/** A provider under test, and the payment methods by which it is made to behave. */
export interface ProviderUnderTest {
  provider: PaymentProvider;
  /** How often money was taken under a key, by the provider's own books. */
  chargesUnder(idempotencyKey: string): Promise<number>;
  stop(): Promise<void>;
}

export interface ProviderMethods {
  charged: string;
  declined: Readonly<Record<string, DeclineCode>>;
  unknown: string;
  /** Is charged, and the answer to the first request is lost. */
  chargedAnswerLost: string;
  /** Is not charged, and the answer to the first request is lost. */
  notChargedAnswerLost: string;
  /** The provider cannot be reached, for the first request at least. */
  unavailable: string;
  /** The provider can be reached again after a few requests. */
  unavailableAtFirst: string;
}

/** What every provider must pass: it charges at most once under a key, and never leaves anybody to guess. */
export function describeProvider(name: string, methods: ProviderMethods, start: () => Promise<ProviderUnderTest>): void {
  describe(`the provider ${name}`, () => {
    let under: ProviderUnderTest;
    beforeAll(async () => (under = await start()));
    afterAll(() => under.stop());

    const chargeOf = (paymentMethod: string, more: Partial<ChargeRequest> = {}): ChargeRequest => ({
      idempotencyKey: randomUUID(),
      amount: 1999,
      currency: 'EUR',
      paymentMethod,
      description: 'Tea',
      ...more,
    });
    const refusalOf = (answer: Promise<unknown>) =>
      answer.then(
        () => undefined,
        (error: unknown) => error,
      );

    test('has the name that stands in receipts', () => {
      expect(under.provider.name).toBe(name);
    });

    test('charges, and knows the charge by its key ever after', async () => {
      const request = chargeOf(methods.charged);
      const answer = await under.provider.charge(request);
      expect(answer).toEqual({ type: 'charged', reference: expect.stringMatching(/^\S+$/) });
      expect(await under.provider.lookUpCharge(request.idempotencyKey)).toEqual(answer);
      expect(await under.chargesUnder(request.idempotencyKey)).toBe(1);
    });

    test.each(Object.entries(methods.declined))('declines %s with a reason that we know: %s', async (paymentMethod, code) => {
      const request = chargeOf(paymentMethod);
      const declined = { type: 'declined', code };
      expect(await under.provider.charge(request)).toEqual(declined);
      expect(await under.provider.charge(request)).toEqual(declined);
      expect(await under.provider.lookUpCharge(request.idempotencyKey)).toEqual(declined);
      expect(await under.chargesUnder(request.idempotencyKey)).toBe(0);
    });

    test('declines a payment method that it does not know', async () => {
      const request = chargeOf(methods.unknown);
      expect(await under.provider.charge(request)).toEqual({ type: 'declined', code: 'payment_method_unknown' });
      expect(await under.chargesUnder(request.idempotencyKey)).toBe(0);
    });

    test('charges once under one key, however often it is asked, and gives the same answer', async () => {
      const request = chargeOf(methods.charged);
      const answers = [await under.provider.charge(request), await under.provider.charge(request), await under.provider.charge(request)];
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      expect(await under.chargesUnder(request.idempotencyKey)).toBe(1);
    });

    test('charges once under one key, though asked many times at the same instant', async () => {
      const request = chargeOf(methods.charged);
      const answers = await Promise.all(Array.from({ length: 10 }, () => under.provider.charge(request)));
      expect(new Set(answers.map((answer) => (answer as { reference?: string }).reference)).size).toBe(1);
      expect(await under.chargesUnder(request.idempotencyKey)).toBe(1);
    });

    test('charges each key by itself', async () => {
      const requests = Array.from({ length: 5 }, () => chargeOf(methods.charged));
      const answers = await Promise.all(requests.map((request) => under.provider.charge(request)));
      expect(new Set(answers.map((answer) => (answer as { reference?: string }).reference)).size).toBe(5);
    });

    test.each([{ amount: 2000 }, { currency: 'USD' }])('refuses a used key for another charge, and charges nothing: %j', async (other) => {
      const request = chargeOf(methods.charged);
      const answer = await under.provider.charge(request);
      const error = await refusalOf(under.provider.charge({ ...request, ...other }));
      expect(error).toBeInstanceOf(Error);
      // Retryable would say that the same thing may work later.
      expect(error).not.toBeInstanceOf(RetryableError);
      expect(await under.provider.lookUpCharge(request.idempotencyKey)).toEqual(answer);
      expect(await under.chargesUnder(request.idempotencyKey)).toBe(1);
    });

    test('says that what it was never asked for has never arrived', async () => {
      expect(await under.provider.lookUpCharge(randomUUID())).toEqual({ type: 'never_arrived' });
    });

    describe('whose answer is lost', () => {
      test('says that it is unknown; the look-up finds the charge, and asking again does not charge again', async () => {
        const request = chargeOf(methods.chargedAnswerLost);
        expect(await under.provider.charge(request)).toEqual({ type: 'unknown', reason: expect.stringMatching(/^[a-z_]+$/) });
        const found = await under.provider.lookUpCharge(request.idempotencyKey);
        expect(found).toEqual({ type: 'charged', reference: expect.any(String) });
        expect(await under.provider.charge(request)).toEqual(found);
        expect(await under.chargesUnder(request.idempotencyKey)).toBe(1);
      });

      test('says that it is unknown; the look-up finds that nothing was charged', async () => {
        const request = chargeOf(methods.notChargedAnswerLost);
        expect(await under.provider.charge(request)).toMatchObject({ type: 'unknown' });
        expect(await under.provider.lookUpCharge(request.idempotencyKey)).toMatchObject({ type: 'declined' });
        expect(await under.chargesUnder(request.idempotencyKey)).toBe(0);
      });
    });

    describe('that cannot be reached', () => {
      test('says so as something to try again, and has surely not acted', async () => {
        const request = chargeOf(methods.unavailable);
        const error = await refusalOf(under.provider.charge(request));
        expect(error).toBeInstanceOf(RetryableError);
        expect(error).toMatchObject({ reason: 'provider_unavailable' });
        expect(await under.provider.lookUpCharge(request.idempotencyKey)).toEqual({ type: 'never_arrived' });
        expect(await under.chargesUnder(request.idempotencyKey)).toBe(0);
      });

      test('charges once when it can be reached again', async () => {
        const request = chargeOf(methods.unavailableAtFirst);
        let answer: ChargeAnswer | undefined;
        for (let tries = 1; !answer; tries += 1) {
          expect(tries).toBeLessThan(10);
          answer = await under.provider.charge(request).catch((error: unknown) => {
            expect(error).toBeInstanceOf(RetryableError);
            return undefined;
          });
        }
        expect(answer).toMatchObject({ type: 'charged' });
        expect(await under.provider.charge(request)).toEqual(answer);
        expect(await under.chargesUnder(request.idempotencyKey)).toBe(1);
      });
    });
  });
}
