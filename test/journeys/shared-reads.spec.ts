import { jest } from '@jest/globals';
import { QueryBus } from '@nestjs/cqrs';
import { Service } from '../support/service.js';
import { ofOnlyTenant } from '../support/only-tenant.js';
import { TenantReads } from '../../src/database/tenant-reads.js';
import { GetHistory } from '../../src/operations/queries/get-history.query.js';

let service: Service;
beforeAll(async () => (service = await Service.start({ ROLES: 'api' })));
afterAll(() => service.stop());

test('who reads the same at once shares the read and the views; who reads something else gets that', async () => {
  const [one, other] = [(await service.charge()).id, (await service.charge()).id];
  await service.request('POST', `/api/operations/${one}/cancel`);
  const queries = service.outcome.app.get(QueryBus, { strict: false });
  const lookUp = jest.spyOn(service.outcome.app.get(TenantReads, { strict: false }), 'lookUp');
  const read = (id: string, after: number) => queries.execute(new GetHistory(ofOnlyTenant(id), after));

  const alike = await Promise.all([...Array.from({ length: 20 }, () => read(one, 0)), read(one, 1), read(other, 0)]);
  const histories = alike.slice(0, 20);
  const [late, foreign] = alike.slice(20);
  expect(new Set(histories).size).toBe(1);
  expect(histories[0]?.events.map(({ version }) => version)).toEqual([1, 2]);
  expect(late?.events.map(({ version }) => version)).toEqual([2]);
  expect(foreign?.events.map(({ operationId }) => operationId)).toEqual([other]);
  const pairs = lookUp.mock.calls.map(([{ values }]) => (values?.[0] as unknown[]).length);
  expect(pairs).toEqual([2, 3]);
});
