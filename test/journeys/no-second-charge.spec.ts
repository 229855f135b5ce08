import { jest } from '@jest/globals';
import { RetryableError } from '../../src/operations/kinds/outcome.js';
import type { PaymentProvider } from '../../src/payments/providers/payment-provider.js';
import { providerOf } from '../support/payments.js';
import { Service } from '../support/service.js';
import { Gate } from '../support/gate.js';
import { expectOneEndingEach, loseWorkers, operationOnce } from '../support/work.js';

const UNAVAILABLE = new RetryableError('provider_unavailable', 'The payment provider could not be reached.');

describe('a charge', () => {
  let service: Service;
  let provider: PaymentProvider;
  beforeAll(async () => {
    service = await Service.start({ RETRY_ATTEMPTS: '2', LOOK_UP_BASE_MS: '1' });
    provider = providerOf(service);
  });
  afterAll(() => service.stop());
  afterEach(() => jest.restoreAllMocks());

  const steps = async (id: string) =>
    (await service.history(id)).map(({ type, detail }) => [type, detail?.reason].filter(Boolean).join(' '));

  const requests = async (id: string): Promise<number> => {
    const { rows } = await service.database.client.query(
      'SELECT requests FROM sandbox.charge WHERE idempotency_key = $1',
      [id],
    );
    return rows[0]?.requests ?? 0;
  };

  /** The provider charges, and the worker is lost before the answer arrives. `again` is the provider's next answer. */
  async function loseTheWorkerAfterTheCharge(
    again?: PaymentProvider['charge'],
    meanwhile?: (id: string) => Promise<unknown>,
  ): Promise<string> {
    const charge = provider.charge.bind(provider);
    const charged = new Gate();
    const spy = jest.spyOn(provider, 'charge').mockImplementationOnce(async (request) => {
      const answer = await charge(request);
      await charged.pass();
      return answer;
    });
    if (again) spy.mockImplementation(again);
    const { id } = await service.charge();
    await charged.reached;
    await meanwhile?.(id);
    await loseWorkers(service);
    await operationOnce(service, id, ({ version }) => version > 2);
    charged.open();
    return id;
  }

  test('that is repeated after its worker was lost has the same key, and is made once', async () => {
    const id = await loseTheWorkerAfterTheCharge();
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
    expect(jest.mocked(provider.charge).mock.calls.map(([{ idempotencyKey }]) => idempotencyKey)).toEqual([id, id]);
    expect(await requests(id)).toBe(2);
    expect(await service.charges(id)).toBe(1);
    expect(await steps(id)).toEqual([
      'operation.started',
      'operation.processing',
      'operation.retrying worker_lost',
      'operation.succeeded',
    ]);
  });

  test('whose worker was lost does not fail because the provider is unreachable: it is looked up', async () => {
    const id = await loseTheWorkerAfterTheCharge(() => Promise.reject(UNAVAILABLE));
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
    expect(await service.charges(id)).toBe(1);
    expect(await steps(id)).toEqual([
      'operation.started',
      'operation.processing',
      'operation.retrying worker_lost',
      'operation.reconciling provider_unavailable',
      'operation.succeeded',
    ]);
  });

  test('whose worker was lost is looked up before a cancel, and the provider’s answer wins', async () => {
    const cancel = (id: string) => service.request('POST', `/api/operations/${id}/cancel`);
    const id = await loseTheWorkerAfterTheCharge(undefined, cancel);
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
    expect(await requests(id)).toBe(1);
    expect(await service.charges(id)).toBe(1);
  });

  test('whose answer is lost is looked up, not sent again, and ends as the provider says: charged', async () => {
    const id = (await service.charge('pm_sandbox_charged_answer_lost')).id;
    expect(await service.ending(id)).toMatchObject({
      status: 'success',
      result: { reference: expect.stringMatching(/^sb_/) },
    });
    expect([await requests(id), await service.charges(id)]).toEqual([1, 1]);
    expect(await steps(id)).toEqual([
      'operation.started',
      'operation.processing',
      'operation.reconciling answer_lost',
      'operation.succeeded',
    ]);
  });

  test('whose answer is lost is looked up, not sent again, and ends as the provider says: not charged', async () => {
    const id = (await service.charge('pm_sandbox_not_charged_answer_lost')).id;
    expect(await service.ending(id)).toMatchObject({
      status: 'failed',
      failure: { code: 'processing_error', retryable: true },
    });
    expect([await requests(id), await service.charges(id)]).toEqual([1, 0]);
    expect(await steps(id)).toEqual([
      'operation.started',
      'operation.processing',
      'operation.reconciling answer_lost',
      'operation.failed',
    ]);
  });

  test('that threw an unexpected error may have been made: it is looked up', async () => {
    const charge = provider.charge.bind(provider);
    jest.spyOn(provider, 'charge').mockImplementationOnce(async (request) => {
      await charge(request);
      throw new TypeError('Unexpected token < in JSON at position 0');
    });
    const { id } = await service.charge();
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
    expect([await requests(id), await service.charges(id)]).toEqual([1, 1]);
    expect(await steps(id)).toContain('operation.reconciling unexpected_error');
  });

  test('that never arrived is sent again, under the same key', async () => {
    jest.spyOn(provider, 'charge').mockResolvedValueOnce({ type: 'unknown', reason: 'answer_lost' });
    const { id } = await service.charge();
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
    expect([await requests(id), await service.charges(id)]).toEqual([1, 1]);
    expect(await steps(id)).toEqual([
      'operation.started',
      'operation.processing',
      'operation.reconciling answer_lost',
      'operation.retrying never_arrived',
      'operation.succeeded',
    ]);
  });

  test('stays unknown while the look-up is inconclusive, and is never guessed', async () => {
    jest
      .spyOn(provider, 'lookUp')
      .mockResolvedValueOnce({ type: 'unknown', reason: 'still_pending' })
      .mockRejectedValueOnce(UNAVAILABLE)
      .mockRejectedValueOnce(new Error('Bad gateway'));
    const { id } = await service.charge('pm_sandbox_charged_answer_lost');
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
    const reconciling = (await service.history(id)).flatMap(({ type, detail }) =>
      type === 'operation.reconciling' ? [detail] : [],
    );
    expect(reconciling).toMatchObject([
      { reason: 'answer_lost', lookUp: 1 },
      { reason: 'still_pending', lookUp: 2 },
      { reason: 'provider_unavailable', lookUp: 3 },
      { reason: 'unexpected_error', lookUp: 4 },
    ]);
    expect([await requests(id), await service.charges(id)]).toEqual([1, 1]);
    await expectOneEndingEach(service, [id]);
  });
});
