import type { ChargeRequest, PaymentProvider } from '../../src/payments/providers/payment-provider.js';
import {
  casesOf,
  chargeOf,
  type ContractCase,
  FAULTS_OF_NOTHING,
  NOTHING,
  type ProviderMethods,
  UNKNOWN,
  whatCameOf,
} from './provider-under-test.js';

/** Cancels a charge without a reference: it may still be under way. */
const cancel = (provider: PaymentProvider, { idempotencyKey: chargeKey, operationId }: ChargeRequest) =>
  provider.cancel({
    operationId,
    idempotencyKey: `${chargeKey}:cancel`,
    startedAt: new Date(),
    chargeKey,
    charge: null,
    sentAt: new Date(),
  });

const lookUp = (provider: PaymentProvider, { idempotencyKey }: ChargeRequest) =>
  provider.lookUp({ call: 'charge', idempotencyKey, charge: null, sentAt: new Date() });

const CASES: readonly ContractCase[] = [
  {
    title: 'has canceled what never arrived, and takes no money if it arrives later',
    run: async ({ provider, books }, { charged }) => {
      const request = chargeOf(charged);
      expect(await cancel(provider, request)).toMatchObject({ type: 'succeeded' });
      expect(await whatCameOf(provider.charge(request))).not.toBe('succeeded');
      expect(await lookUp(provider, request)).toMatchObject({ type: 'declined', code: 'canceled_at_provider' });
      expect(await cancel(provider, request)).toMatchObject({ type: 'succeeded' });
      expect(await books(request.idempotencyKey)).toEqual(NOTHING);
    },
  },
  {
    title: 'has canceled or charged it, and reports which, although both arrive at the same instant',
    run: async ({ provider, books }, { charged }) => {
      const request = chargeOf(charged);
      const [came, canceled] = await Promise.all([
        whatCameOf(provider.charge(request)),
        whatCameOf(cancel(provider, request)),
      ]);
      const { charges } = await books(request.idempotencyKey);
      expect(charges > 0 ? canceled : came).not.toBe('succeeded');
    },
  },
];

export const cancelCases = ({ requests }: ProviderMethods): readonly ContractCase[] => [
  ...CASES,
  ...casesOf(requests.cancelUnarrived, FAULTS_OF_NOTHING, ({ fault, at }) => ({
    title:
      `cannot tell whether it has canceled what never arrived, ${fault} at "${at}", and has when it is asked ` +
      'again',
    run: async ({ provider, books, misbehave }, { charged }) => {
      const request = chargeOf(charged);
      misbehave(at, fault);
      expect(UNKNOWN).toContain(await whatCameOf(cancel(provider, request)));
      await whatCameOf(cancel(provider, request));
      expect(await whatCameOf(provider.charge(request))).not.toBe('succeeded');
      expect(await lookUp(provider, request)).toMatchObject({ type: 'declined', code: 'canceled_at_provider' });
      expect(await books(request.idempotencyKey)).toEqual(NOTHING);
    },
  })),
];
