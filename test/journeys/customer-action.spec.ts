import { jest } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { ExpireOperation } from '../../src/operations/commands/expire-operation.command.js';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import { RetryableError } from '../../src/operations/kinds/outcome.js';
import { PaymentsOf, providerOf } from '../support/payments.js';
import { eventually, Service } from '../support/service.js';
import { operationOnce, stored } from '../support/work.js';

const pageOf = (nextAction: unknown) => (nextAction as { url: string }).url;

describe('a charge that its customer must approve', () => {
  let service: Service;
  let payments: PaymentsOf;
  beforeAll(async () => {
    // Look-ups are a minute apart, so only a notification can arrive in time.
    service = await Service.start({ LOOK_UP_BASE_MS: '60000' });
    payments = new PaymentsOf(service);
  });
  afterAll(() => service.stop());
  afterEach(() => jest.restoreAllMocks());

  const cancel = (id: string) => service.request('POST', `/api/operations/${id}/cancel`);
  const types = async (id: string) => (await service.history(id)).map(({ type }) => type);
  const press = (page: string, answer: 'approve' | 'refuse') =>
    fetch(`${page}/${answer}`, { method: 'POST', redirect: 'manual' });

  /** It expires soon; one more is started where a slow machine let it expire before it has asked its customer. */
  async function waitingForSeconds(): Promise<OperationView> {
    const input = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_authenticationRequired' };
    for (;;) {
      const { body } = await service.start('payment.charge', input, { expiresIn: 2 });
      const asked = operationOnce(service, body.id, ({ status }) => status === 'requires_action');
      const waiting = await asked.catch(() => undefined);
      if (waiting) return waiting;
    }
  }

  test('waits, and names the page for the customer', async () => {
    const { nextAction, done, expiresAt } = await payments.waitingForTheCustomer();
    expect(nextAction).toEqual({
      type: 'redirect',
      url: expect.stringMatching(/^http:\/\/.+\/sandbox\/authenticate\/\w+/),
    });
    expect([done, expiresAt]).toEqual([false, expect.any(String)]);
  });

  test('continues after the customer has approved, and is paid once', async () => {
    const { id, nextAction } = await payments.waitingForTheCustomer();
    await press(pageOf(nextAction), 'approve');
    expect(await service.ending(id)).toMatchObject({
      status: 'success',
      nextAction: null,
      result: { amount: 1999, captured: true },
    });
    expect(await types(id)).toEqual([
      'operation.started',
      'operation.processing',
      'operation.action_required',
      'operation.processing',
      'operation.succeeded',
    ]);
    expect(await payments.ledger(id)).toMatchObject({ captured: 1999 });
    expect(await payments.payment(id)).toMatchObject({ captured: 1999 });
  });

  test('fails after the customer has refused, and takes nothing', async () => {
    const { id, nextAction } = await payments.waitingForTheCustomer();
    await press(pageOf(nextAction), 'refuse');
    expect(await service.ending(id)).toMatchObject({
      status: 'failed',
      failure: { code: 'authentication_failed', retryable: false },
    });
    expect(await payments.ledger(id)).toMatchObject({ captured: 0 });
  });

  test('is canceled at the provider too, so that approving afterwards takes nothing', async () => {
    const { id, nextAction } = await payments.waitingForTheCustomer();
    expect(await cancel(id)).toMatchObject({ status: 202, body: { status: 'requires_action' } });
    expect(await service.ending(id)).toMatchObject({ status: 'canceled', nextAction: null });
    await press(pageOf(nextAction), 'approve');
    expect(await payments.ledger(id)).toMatchObject({ captured: 0 });
    expect(await types(id)).toEqual([
      'operation.started',
      'operation.processing',
      'operation.action_required',
      'operation.canceled',
    ]);
  });

  test('is paid although a cancel is requested if the customer approved before: the provider’s answer wins', async () => {
    const provider = providerOf(service);
    const { id, nextAction } = await payments.waitingForTheCustomer();
    jest.spyOn(provider, 'readWebhook').mockImplementation(() => {
      throw new Error('The news are lost.');
    });
    await press(pageOf(nextAction), 'approve');
    expect((await cancel(id)).status).toBe(202);
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
    expect(await payments.ledger(id)).toMatchObject({ captured: 1999 });
  });

  test('expires if the customer does not act, and a later approval pays nothing', async () => {
    const { id, nextAction } = await waitingForSeconds();
    expect(await service.ending(id)).toMatchObject({ status: 'expired', nextAction: null });
    await press(pageOf(nextAction), 'approve');
    expect(await payments.ledger(id)).toMatchObject({ captured: 0 });
  });

  test('does not expire while it cannot be canceled: the customer may have approved', async () => {
    const provider = providerOf(service);
    const down = jest.spyOn(provider, 'cancel').mockRejectedValue(new RetryableError('provider_unavailable', 'Away.'));
    const { id } = await waitingForSeconds();
    await eventually(async () => down.mock.calls.length > 0);
    const inspection = () =>
      service.get<{ nextAttemptAt: string | null; attentionAt: string | null }>(`/api/operations/${id}/inspection`);
    await eventually(async () => (await inspection()).body.nextAttemptAt);
    expect(await stored(service, id)).toMatchObject({ status: 'requires_action', fence: 2, attempts: 1 });
    // If this lasts, an operator's attention is requested.
    expect((await inspection()).body.attentionAt).not.toBeNull();
    // The deadline task leaves it to the worker, which asks the provider.
    await service.outcome.app.get(CommandBus, { strict: false }).execute(new ExpireOperation(id));
    expect(await stored(service, id)).toMatchObject({ status: 'requires_action' });
  });

  test('is looked up by another worker after its worker and job were lost', async () => {
    const provider = providerOf(service);
    const { id, nextAction } = await payments.waitingForTheCustomer();
    jest.spyOn(provider, 'readWebhook').mockImplementation(() => {
      throw new Error('The news are lost.');
    });
    await press(pageOf(nextAction), 'approve');
    await service.database.client.query(
      `UPDATE operation SET next_attempt_at = NULL, job_id = 'lost', updated_at = now() - interval '1 minute'
        WHERE id = $1`,
      [id],
    );
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
  });

  test('confirmed in the shop’s page carries what the script needs', async () => {
    const { id, nextAction } = await payments.waitingForTheCustomer('pm_sandbox_confirm');
    expect(nextAction).toEqual({
      type: 'confirm',
      clientData: { provider: 'sandbox', clientSecret: expect.any(String) },
    });
    const { clientSecret } = (nextAction as unknown as { clientData: { clientSecret: string } }).clientData;
    await service.post('/sandbox/confirmations', { clientSecret, approve: true });
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
  });

  test('is declined if the customer is not present', async () => {
    const ended = await payments.done('payment.charge', {
      amount: 1999,
      currency: 'EUR',
      paymentMethod: 'pm_card_authenticationRequired',
      offSession: true,
    });
    expect(ended).toMatchObject({ status: 'failed', failure: { code: 'authentication_required' } });
  });

  test('returns the customer to the shop’s address, which must be a web address', async () => {
    const { nextAction } = await payments.waitingForTheCustomer(undefined, {
      returnUrl: 'https://shop.example/order/1',
    });
    const answer = await press(pageOf(nextAction), 'approve');
    expect([answer.status, answer.headers.get('location')]).toEqual([303, 'https://shop.example/order/1']);
    const sample = { amount: 1, currency: 'EUR', paymentMethod: 'pm_card_visa' };
    const refused = await service.start('payment.charge', { ...sample, returnUrl: 'javascript:alert(1)' });
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'invalid_body', errors: [{ path: 'input.returnUrl' }] },
    });
  });
});

test('a customer’s approval without a webhook is found by a look-up', async () => {
  const service = await Service.start();
  try {
    const payments = new PaymentsOf(service);
    jest.spyOn(providerOf(service), 'readWebhook').mockImplementation(() => {
      throw new Error('The news are lost.');
    });
    const { id, nextAction } = await payments.waitingForTheCustomer();
    await fetch(`${pageOf(nextAction)}/approve`, { method: 'POST', redirect: 'manual' });
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
  } finally {
    jest.restoreAllMocks();
    await service.stop();
  }
});
