import { createContext, runInContext } from 'node:vm';
import { jest } from '@jest/globals';
import type { ArticleStatus } from '../../src/compat/article.contract.js';
import { OperationRepository } from '../../src/operations/persistence/operation.repository.js';
import { providerOf } from '../support/payments.js';
import { eventually, type Problem, Service } from '../support/service.js';
import { ofOnlyTenant } from '../support/only-tenant.js';

/** The page's script, as printed in the article. */
const SCRIPT = `
async function startOperation() {
  const response = await fetch('/api/startOperation', {
    method: 'POST',
    body: JSON.stringify({ data: 'your data here' })
  });
  const { operationId } = await response.json();
  return operationId;
}

async function checkStatus(operationId) {
  const response = await fetch(\`/api/checkStatus?operationId=\${operationId}\`);
  return response.json();
}

async function pollStatus(operationId) {
  const interval = setInterval(async () => {
    const { status } = await checkStatus(operationId);
    show(status);
    if (status === 'success' || status === 'failed') clearInterval(interval);
  }, 20);
}

startOperation().then(pollStatus);
`;

describe('a page written for the two routes of the article', () => {
  let service: Service;
  let withoutWorker: Service;
  beforeAll(async () => {
    service = await Service.start();
    withoutWorker = await Service.start({ ROLES: 'api' });
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(async () => {
    await withoutWorker.stop();
    await service.stop();
  });

  /** Posts like a browser: a string without a content type goes as text/plain. */
  const post = (body: unknown, at = service) =>
    at.request<{ operationId: string }>('POST', '/api/startOperation', {
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const check = async (id: string, at = service) =>
    (await at.get<ArticleStatus>(`/api/checkStatus?operationId=${id}`)).body;
  const endOf = async (id: string) => {
    await service.ending(id);
    return check(id);
  };

  test('runs as printed, from pending to success', async () => {
    const shown: string[] = [];
    const provider = providerOf(service);
    const charge = provider.charge.bind(provider);
    jest.spyOn(provider, 'charge').mockImplementationOnce(async (request) => {
      await eventually(async () => shown.length > 0);
      return charge(request);
    });
    const sent: (string | null)[] = [];
    await new Promise<void>((resolve, reject) => {
      const page = createContext({
        fetch: async (path: string, init?: RequestInit) => {
          const request = new Request(service.url + path, init);
          if (request.method === 'POST') sent.push(request.headers.get('content-type'));
          return fetch(request);
        },
        show: (status: string) => shown.push(status),
        setInterval: (poll: () => Promise<void>, ms: number) => setInterval(() => void poll().catch(reject), ms),
        clearInterval: (timer: NodeJS.Timeout) => {
          clearInterval(timer);
          resolve();
        },
      });
      runInContext(SCRIPT, page);
    });

    expect(sent).toEqual(['text/plain;charset=UTF-8']);
    expect(shown[0]).toBe('pending');
    expect(shown.at(-1)).toBe('success');
  });

  test('may start any kind of operation, and reads its result', async () => {
    const { status, body } = await post({
      kind: 'demo.countdown',
      input: { seconds: 1 },
      metadata: { from: 'a page' },
    });
    const { body: operation } = await service.get(`/api/operations/${body.operationId}`);

    expect(status).toBe(202);
    expect(operation).toMatchObject({ kind: 'demo.countdown', metadata: { from: 'a page' } });
    expect(await endOf(body.operationId)).toEqual({ status: 'success', result: { counted: 1 } });
  });

  test('may send application/json, or nothing at all', async () => {
    const declared = await service.post<{ operationId: string }>('/api/startOperation', { type: 'payment' });
    const nothing = await service.request<{ operationId: string }>('POST', '/api/startOperation');

    expect([declared.status, nothing.status]).toEqual([202, 202]);
    expect((await service.get(`/api/operations/${declared.body.operationId}`)).body.metadata).toEqual({
      body: '{"type":"payment"}',
    });
    expect((await service.get(`/api/operations/${nothing.body.operationId}`)).body.metadata).toEqual({});
  });

  test.each([
    ['a string', '"a string"'],
    ['a list', '[1, 2]'],
    ['a number', '17'],
    ['null', 'null'],
    ['more than is noted', JSON.stringify({ long: '💶'.repeat(400) })],
  ])('starts the sample with whatever JSON it sends: %s', async (_, body) => {
    const { status, body: started } = await post(body);
    expect(status).toBe(202);
    expect(await endOf(started.operationId)).toMatchObject({
      status: 'success',
      result: { amount: 1999, currency: 'EUR' },
    });
  });

  test('receives the reason of a failed payment', async () => {
    const input = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa_chargeDeclinedInsufficientFunds' };
    const { body } = await post({ kind: 'payment.charge', input });

    expect(await endOf(body.operationId)).toEqual({
      status: 'failed',
      failure: { code: 'insufficient_funds', message: 'The card has insufficient funds.', retryable: false },
    });
  });

  test('reads canceled and expired as failed, with the reason', async () => {
    const repository = withoutWorker.outcome.app.get(OperationRepository, { strict: false });
    const [{ body: canceled }, { body: expired }] = await Promise.all([
      post({}, withoutWorker),
      post({}, withoutWorker),
    ]);
    expect(await check(canceled.operationId, withoutWorker)).toEqual({ status: 'pending' });
    await withoutWorker.request('POST', `/api/operations/${canceled.operationId}/cancel`);
    const operation = await repository.get(ofOnlyTenant(expired.operationId));
    operation.expire(new Date());
    await repository.save(operation);

    expect(await check(canceled.operationId, withoutWorker)).toMatchObject({
      status: 'failed',
      failure: { code: 'canceled' },
    });
    expect(await check(expired.operationId, withoutWorker)).toMatchObject({
      status: 'failed',
      failure: { code: 'expired' },
    });
  });

  test('gets the usual problems for a bad request, which starts nothing', async () => {
    const count = async () => (await service.database.client.query('SELECT FROM operation')).rowCount;
    const before = await count();
    const problems = await Promise.all(
      [
        '{"broken',
        '{"kind":"payment.charge"}',
        '{"kind":"nobody.knows","input":{}}',
        '{"a":"\\u0000"}',
        '{"__proto__":{"kind":"payment.charge"}}',
        '{"note":"4242 4242 4242 4242"}',
        `{"pad":"${'x'.repeat(486)}4242424242424242"}`,
        '['.repeat(30_000) + ']'.repeat(30_000),
      ].map(async (body) => {
        const { status, body: problem } = await service.request<Problem>('POST', '/api/startOperation', { body });
        return `${status} ${problem.code}`;
      }),
    );

    expect(problems).toEqual([
      '400 malformed_json',
      '422 invalid_body',
      '422 unknown_kind',
      '422 invalid_body',
      '422 invalid_body',
      '422 card_number_refused',
      '422 card_number_refused',
      '422 invalid_body',
    ]);
    expect(await count()).toBe(before);
  });
});
