import { jest } from '@jest/globals';
import { SandboxWebhooks } from '../../src/payments/providers/sandbox/sandbox-webhooks.js';
import { PaymentsOf } from '../support/payments.js';
import { Service } from '../support/service.js';

describe('the sandbox’s dashboard', () => {
  let service: Service;
  let payments: PaymentsOf;
  let reference: string;
  beforeAll(async () => {
    service = await Service.start();
    payments = new PaymentsOf(service);
    reference = String((await payments.charged()).result?.reference);
  });
  afterAll(() => service.stop());
  afterEach(() => jest.restoreAllMocks());

  const act = (what: string, body?: unknown) => service.post(`/sandbox/charges/${reference}/${what}`, body);

  test('refunds a part, or without a body the rest', async () => {
    expect(await act('refund', { amount: 500 })).toMatchObject({
      status: 200,
      body: { type: 'refund', amount: 500, declined: null },
    });
    expect(await act('refund')).toMatchObject({ status: 200, body: { type: 'refund', amount: 1499, declined: null } });
  });

  test.each([
    ['more than there is', () => `${reference}/refund`],
    ['a dispute that does not exist', () => `${reference}/win_dispute`],
    ['a charge that there is not', () => 'sb_of_nobody/win_dispute'],
  ])('sends no webhook if it has moved nothing: %s', async (_, path) => {
    const send = jest.spyOn(service.outcome.app.get(SandboxWebhooks, { strict: false }), 'sendLater');
    await service.post(`/sandbox/charges/${path()}`, {});
    expect(send).not.toHaveBeenCalled();
  });

  test.each([
    ['another amount than one of money', 'refund', { amount: -1 }, 422, 'invalid_body'],
    ['an act that there is not', 'burn', undefined, 404, 'route_not_found'],
  ])('refuses %s', async (_, what, body, status, code) => {
    expect(await act(what, body)).toMatchObject({ status, body: { code } });
  });
});
