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

  const act = (what: string, body?: unknown) => service.post(`/sandbox/charges/${reference}/${what}`, body);

  test('refunds a part, and without a body what is left', async () => {
    expect(await act('refund', { amount: 500 })).toMatchObject({ status: 200, body: { type: 'refund', amount: 500, declined: null } });
    expect(await act('refund')).toMatchObject({ status: 200, body: { type: 'refund', amount: 1499, declined: null } });
  });

  test.each([
    ['another amount than one of money', 'refund', { amount: -1 }, 422, 'invalid_body'],
    ['an act that there is not', 'burn', undefined, 404, 'route_not_found'],
  ])('refuses %s', async (_, what, body, status, code) => {
    expect(await act(what, body)).toMatchObject({ status, body: { code } });
  });
});
