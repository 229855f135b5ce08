import { v7 as uuidv7 } from 'uuid';
import type { OperationInspection } from '../../src/operations/queries/inspect-operation.query.js';
import { accept } from '../support/credentials.js';
import { eventually, type Problem, Service } from '../support/service.js';

const TENANT = uuidv7();
const LIMIT = 100_000;

describe('a resolution that decides on more money than one person may', () => {
  let service: Service;
  let alice: { Authorization: string };
  let alicesOther: { Authorization: string };
  let bob: { Authorization: string };
  beforeAll(async () => {
    service = await Service.start({
      AUTH_MODE: 'keys',
      RESOLVE_ALONE_UP_TO: String(LIMIT),
      LOOK_UP_BASE_MS: '60000',
    });
    alice = accept(service, 'alice', { tenant: TENANT, owner: 'alice@shop.example' });
    alicesOther = accept(service, 'alice-too', {
      tenant: TENANT,
      owner: 'alice@shop.example',
    });
    bob = accept(service, 'bob', { tenant: TENANT, owner: 'bob@shop.example' });
  });
  afterAll(() => service.stop());

  /** A charge that was made, whose answer was lost. */
  const lost = async (amount: number) => {
    const input = { amount, currency: 'EUR', paymentMethod: 'pm_sandbox_charged_answer_lost' };
    const { body } = await service.post('/api/operations', { kind: 'payment.charge', input }, alice);
    await eventually(
      async () => (await service.get(`/api/operations/${body.id}`, alice)).body.status === 'reconciling',
    );
    const { rows } = await service.database.client.query<{ reference: string }>(
      'SELECT reference FROM sandbox.charge WHERE idempotency_key = $1',
      [body.id],
    );
    const result = { provider: 'sandbox', reference: rows[0]?.reference, amount, currency: 'EUR', captured: true };
    return { id: body.id, success: { status: 'success', result } };
  };
  const resolve = (id: string, by: string, outcome: object, who: { Authorization: string }) =>
    service.post(`/api/operations/${id}/resolve`, { by, reason: 'I have looked', outcome }, who);
  const inspect = async (id: string) =>
    (await service.get<OperationInspection>(`/api/operations/${id}/inspection`, bob)).body;

  test('needs a second one, who states the same', async () => {
    const { id, success } = await lost(LIMIT + 1);
    const first = await resolve(id, 'Alice', success, alice);
    const again = await resolve(id, 'Alice again', success, alicesOther);
    const between = await service.get(`/api/operations/${id}`, alice);

    expect([first, again].map(({ status, body }) => [status, (body as unknown as Problem).code])).toEqual(
      Array(2).fill([409, 'second_person_needed']),
    );
    expect(between.body.status).toBe('reconciling');
    expect((await inspect(id)).proposedResolution).toMatchObject({ by: 'Alice again', outcome: success });

    const second = await resolve(id, 'Bob', success, bob);

    expect([second.status, second.body.status]).toEqual([200, 'success']);
    const { body: history } = await service.get<{ items: { detail: unknown }[] }>(`/api/operations/${id}/events`, bob);
    expect(history.items.at(-1)?.detail).toMatchObject({ resolvedBy: 'Bob', proposedBy: 'Alice again' });
  });

  test('is not resolved by a second one who states something else', async () => {
    const { id, success } = await lost(LIMIT + 1);
    await resolve(id, 'Alice', success, alice);
    const second = await resolve(id, 'Bob', { status: 'failed' }, bob);

    expect((second.body as unknown as Problem).code).toBe('second_person_needed');
    expect((await inspect(id)).proposedResolution).toMatchObject({ by: 'Bob', outcome: { status: 'failed' } });
    expect((await resolve(id, 'Alice', success, alice)).status).toBe(409);
    expect((await resolve(id, 'Bob', success, bob)).status).toBe(200);
  });

  test('needs one person alone up to the limit', async () => {
    const { id, success } = await lost(LIMIT);

    expect((await resolve(id, 'Alice', success, alice)).status).toBe(200);
  });
});
