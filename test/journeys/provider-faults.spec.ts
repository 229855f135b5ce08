import { PAYMENT_METHODS } from '../../src/payments/sandbox/payment-methods.js';
import { Service } from '../support/service.js';
import { expectOneEndingEach } from '../support/work.js';

/** How a charge with each scripted payment method ends, and by which steps. */
const ENDINGS: Record<string, { failure?: { code: string; retryable: boolean }; by?: string[] }> = {
  pm_card_visa: {},
  pm_card_visa_chargeDeclined: { failure: { code: 'card_declined', retryable: false } },
  pm_card_visa_chargeDeclinedInsufficientFunds: { failure: { code: 'insufficient_funds', retryable: false } },
  pm_card_chargeDeclinedExpiredCard: { failure: { code: 'expired_card', retryable: false } },
  pm_card_chargeDeclinedIncorrectCvc: { failure: { code: 'incorrect_cvc', retryable: false } },
  pm_card_chargeDeclinedProcessingError: { failure: { code: 'processing_error', retryable: true } },
  pm_sandbox_slow: {},
  pm_sandbox_unavailable_twice: { by: ['operation.retrying', 'operation.retrying'] },
  pm_sandbox_unavailable: {
    failure: { code: 'provider_unavailable', retryable: true },
    by: ['operation.retrying', 'operation.retrying'],
  },
  pm_sandbox_charged_answer_lost: { by: ['operation.reconciling'] },
  pm_sandbox_not_charged_answer_lost: { failure: { code: 'processing_error', retryable: true }, by: ['operation.reconciling'] },
  pm_card_of_nobody: { failure: { code: 'payment_method_unknown', retryable: false } },
};

describe('a charge', () => {
  let service: Service;
  const ids = new Map<string, string>();

  // All at once: the slow one holds up nobody but itself.
  beforeAll(async () => {
    service = await Service.start({ RETRY_ATTEMPTS: '3' });
    const methods = Object.keys(ENDINGS);
    const started = await Promise.all(methods.map((method) => service.charge(method)));
    methods.forEach((method, at) => ids.set(method, started[at]?.id ?? ''));
  });
  afterAll(() => service.stop());

  test('can be tried with every scripted payment method', () => {
    expect(Object.keys(ENDINGS)).toEqual([...Object.keys(PAYMENT_METHODS), 'pm_card_of_nobody']);
  });

  test.each(Object.entries(ENDINGS))('with %s ends as it says', async (method, { failure, by = [] }) => {
    const id = ids.get(method) ?? '';
    const ended = await service.ending(id);
    if (failure)
      expect(ended).toMatchObject({ status: 'failed', result: null, failure: { ...failure, message: expect.stringMatching(/\w\.$/) } });
    else expect(ended).toMatchObject({ status: 'success', failure: null, result: { provider: 'sandbox', amount: 1999, currency: 'EUR' } });
    const types = (await service.history(id)).map(({ type }) => type);
    expect(types).toEqual(['operation.started', 'operation.processing', ...by, failure ? 'operation.failed' : 'operation.succeeded']);
    expect(await service.charges(id)).toBe(failure ? 0 : 1);
    await expectOneEndingEach(service, [id]);
  });

  test('that takes the provider five seconds holds up nobody else', async () => {
    const { createdAt, finishedAt } = await service.ending(ids.get('pm_sandbox_slow') ?? '');
    expect(Date.parse(finishedAt ?? '') - Date.parse(createdAt)).toBeGreaterThanOrEqual(5000);
    const others = [...ids].filter(([method]) => method !== 'pm_sandbox_slow');
    for (const [, id] of others) expect(Date.parse((await service.ending(id)).finishedAt ?? '')).toBeLessThan(Date.parse(finishedAt ?? ''));
  });
});
