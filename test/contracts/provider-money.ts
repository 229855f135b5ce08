import { randomUUID } from 'node:crypto';
import type { Money, MoneyDecline } from '../../src/payments/providers/currencies.js';
import type { Succeeded } from '../../src/payments/providers/payment-provider.js';
import { chargeOf, type ContractCase } from './provider-under-test.js';

/** The smallest and largest card charges in each kind of currency. */
export const CHARGED_TO_CARDS: readonly Money[] = [
  { amount: 99_999_999, currency: 'EUR' },
  { amount: 999_999_999_999, currency: 'IDR' },
  { amount: 1010, currency: 'KWD' },
  { amount: 500, currency: 'JPY' },
  { amount: 5, currency: 'ISK' },
  { amount: 5000, currency: 'MGA' },
  { amount: 1999, currency: 'XCG' },
];

export const NOT_CHARGED_TO_CARDS: readonly (Money & { code: MoneyDecline })[] = [
  { amount: 100_000_000, currency: 'EUR', code: 'amount_not_accepted' },
  { amount: 1005, currency: 'KWD', code: 'amount_not_accepted' },
  { amount: 5050, currency: 'MGA', code: 'amount_not_accepted' },
  { amount: 1000, currency: 'IQD', code: 'currency_not_supported' },
  { amount: 1000, currency: 'CLF', code: 'currency_not_supported' },
  { amount: 1000, currency: 'ANG', code: 'currency_not_supported' },
  { amount: 1000, currency: 'BGN', code: 'currency_not_supported' },
];

const newCall = () => {
  const operationId = randomUUID();
  return { operationId, idempotencyKey: operationId, startedAt: new Date() };
};

export const MONEY_CASES: readonly ContractCase[] = [
  {
    title: 'takes, reports and gives back exactly the requested amount in each currency that it takes',
    run: async ({ provider }, { charged, takes }) => {
      expect(takes.length).toBeGreaterThan(0);
      for (const money of takes) {
        const request = chargeOf(charged, money);
        const answer = await provider.charge(request);
        expect(answer).toMatchObject({ ...money, type: 'succeeded', captured: true });
        const { reference: charge } = answer as Succeeded;
        const { idempotencyKey } = request;
        expect(await provider.lookUp({ call: 'charge', idempotencyKey, charge, sentAt: new Date() })).toEqual(answer);
        const refund = await provider.refund({ ...newCall(), charge, ...money });
        expect({ ...money, ...refund }).toMatchObject({ ...money, type: 'succeeded' });
      }
    },
  },
  {
    title: 'declines, and does not round, an amount that it does not take',
    run: async ({ provider, books }, { charged, refuses }) => {
      expect(refuses.length).toBeGreaterThan(0);
      for (const { code, ...money } of refuses) {
        const request = chargeOf(charged, money);
        expect({ ...money, ...(await provider.charge(request)) }).toMatchObject({ ...money, type: 'declined', code });
        expect(await books(request.idempotencyKey)).toMatchObject({ charges: 0 });
      }
    },
  },
];
