import { jest } from '@jest/globals';
import { PAYMENT_METHODS } from '../../src/payments/providers/sandbox/payment-methods.js';
import { Gate } from '../support/gate.js';
import { providerOf } from '../support/payments.js';
import { Service } from '../support/service.js';
import { expectOneEndingEach, operationOnce } from '../support/work.js';

/** The ending and the events of a charge with each scripted payment method. */
const ENDINGS: Record<string, { failure?: { code: string; retryable: boolean }; by?: string[]; asks?: true }> = {
  pm_card_visa: {},
  pm_card_authenticationRequired: { asks: true },
  pm_card_visa_chargeDeclined: { failure: { code: 'card_declined', retryable: false } },
  pm_card_visa_chargeDeclinedInsufficientFunds: { failure: { code: 'insufficient_funds', retryable: false } },
  pm_card_chargeDeclinedExpiredCard: { failure: { code: 'expired_card', retryable: false } },
  pm_card_chargeDeclinedIncorrectCvc: { failure: { code: 'incorrect_cvc', retryable: false } },
  pm_card_chargeDeclinedProcessingError: { failure: { code: 'processing_error', retryable: true } },
  pm_sandbox_confirm: { asks: true },
  pm_sandbox_slow: {},
  pm_sandbox_pending: { by: ['operation.reconciling'] },
  pm_sandbox_unavailable_twice: { by: ['operation.retrying', 'operation.retrying'] },
  pm_sandbox_unavailable: {
    failure: { code: 'provider_unavailable', retryable: true },
    by: ['operation.retrying', 'operation.retrying'],
  },
  pm_sandbox_charged_answer_lost: { by: ['operation.reconciling'] },
  pm_sandbox_not_charged_answer_lost: {
    failure: { code: 'processing_error', retryable: true },
    by: ['operation.reconciling'],
  },
  pm_sandbox_lost_request: { by: ['operation.reconciling', 'operation.retrying'] },
  pm_sandbox_canceled_yet_charged: { asks: true },
  pm_sandbox_refund_fails: {},
  pm_card_of_nobody: { failure: { code: 'payment_method_unknown', retryable: false } },
};

describe('a charge', () => {
  let service: Service;
  const ids = new Map<string, string>();

  // All at once: a slow charge must not delay the others.
  beforeAll(async () => {
    service = await Service.start({ RETRY_ATTEMPTS: '3' });
    const provider = providerOf(service);
    const charge = provider.charge.bind(provider);
    const othersHaveEnded = new Gate();
    const spy = jest.spyOn(provider, 'charge').mockImplementation(async (request) => {
      if (request.paymentMethod === 'pm_sandbox_slow') await othersHaveEnded.pass();
      return charge(request);
    });
    const methods = Object.keys(ENDINGS);
    const started = await Promise.all(methods.map((method) => service.charge(method)));
    methods.forEach((method, at) => ids.set(method, started[at]?.id ?? ''));
    const others = methods.filter((method) => method !== 'pm_sandbox_slow' && !ENDINGS[method]?.asks);
    await Promise.all(others.map((method) => service.ending(ids.get(method) ?? '')));
    othersHaveEnded.open();
    await service.ending(ids.get('pm_sandbox_slow') ?? '');
    spy.mockRestore();
  });
  afterAll(() => service.stop());

  test('can be tried with every scripted payment method', () => {
    expect(Object.keys(ENDINGS)).toEqual([...Object.keys(PAYMENT_METHODS), 'pm_card_of_nobody']);
  });

  test.each(Object.entries(ENDINGS).filter(([, { asks }]) => asks))(
    'with %s waits for the customer',
    async (method) => {
      const id = ids.get(method) ?? '';
      await operationOnce(service, id, ({ status }) => status === 'requires_action');
      expect(await service.charges(id)).toBe(0);
    },
  );

  test.each(Object.entries(ENDINGS).filter(([, { asks }]) => !asks))(
    'with %s ends as scripted',
    async (method, { failure, by = [] }) => {
      const id = ids.get(method) ?? '';
      const ended = await service.ending(id);
      if (failure)
        expect(ended).toMatchObject({
          status: 'failed',
          result: null,
          failure: { ...failure, message: expect.stringMatching(/\w\.$/) },
        });
      else
        expect(ended).toMatchObject({
          status: 'success',
          failure: null,
          result: { provider: 'sandbox', amount: 1999, currency: 'EUR' },
        });
      // Without the repeats of look-ups.
      const types = (await service.history(id))
        .map(({ type }) => type)
        .filter((type, at, all) => type !== 'operation.reconciling' || all[at - 1] !== type);
      expect(types).toEqual([
        'operation.started',
        'operation.processing',
        ...by,
        failure ? 'operation.failed' : 'operation.succeeded',
      ]);
      expect(await service.charges(id)).toBe(failure ? 0 : 1);
      await expectOneEndingEach(service, [id]);
    },
  );

  test('that takes the provider five seconds has delayed no other', async () => {
    const { createdAt, finishedAt } = await service.ending(ids.get('pm_sandbox_slow') ?? '');
    expect(Date.parse(finishedAt ?? '') - Date.parse(createdAt)).toBeGreaterThanOrEqual(5000);
  });
});
