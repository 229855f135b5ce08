import { once } from 'node:events';
import { connect } from 'node:net';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { ServiceProcess } from '../support/service-process.js';

const CARD = '4242424242424242';
const NONE = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';

interface Line {
  level: string;
  msg: string;
  route?: string;
  code?: string;
}

/** The log lines of requests; errors page an operator, so the level of each line matters. */
describe('the log', () => {
  let database: TestDatabase;
  beforeAll(async () => (database = await createDatabase()));
  afterAll(async () => {
    await ServiceProcess.killAll();
    await database.drop();
  });

  async function logOf(
    level: string,
    talk: (url: string) => Promise<void>,
  ): Promise<{ output: string; lines: Line[] }> {
    const service = ServiceProcess.spawn({ DATABASE_URL: database.url, LOG_LEVEL: level, JOB_LOCK_MS: '15000' });
    await talk(await service.ready());
    const { output } = await service.kill('SIGTERM');
    const lines = output.split('\n').filter((line) => line.startsWith('{'));
    return { output, lines: lines.map((line) => JSON.parse(line) as Line) };
  }

  test('names the route of a request, without secrets in its address', async () => {
    let secret = '';
    const { output, lines } = await logOf('trace', async (url) => {
      const started = await fetch(`${url}/api/operations`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Prefer: 'wait=60' },
        body: JSON.stringify({
          kind: 'payment.charge',
          input: { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_authenticationRequired' },
        }),
      });
      const { nextAction } = (await started.json()) as { nextAction: { url: string } };
      secret = new URL(nextAction.url).pathname.split('/').at(-1) ?? '';
      const asked: [string, string][] = [
        ['GET', `/sandbox/authenticate/${secret}`],
        ['POST', `/sandbox/authenticate/${secret}/approve`],
        ['DELETE', `/sandbox/authenticate/${secret}`],
        ['GET', `/api/operations/${CARD}`],
        ['POST', `/api/operations/${CARD}/cancel`],
        ['GET', `/api/payments/${CARD}`],
        ['POST', `/api/providers/${CARD}/webhooks`],
        ['GET', `/api/operations?card=${CARD}`],
        ['GET', `/nowhere/${CARD}`],
        ['GET', `/api/operations/${CARD}/events?watch=${secret}`],
        ['GET', `/api/operations/%zz${CARD}`],
        ['POST', `/sandbox/charges/${CARD}/refund`],
      ];
      const hub = `/hubs/operations?id=${secret.slice(0, 22)}&access_token=${secret}`;
      asked.push(
        ['GET', hub],
        ['POST', hub],
        ['DELETE', hub],
        ['POST', `/hubs/operations/negotiate?access_token=${secret}`],
      );
      for (const [method, path] of asked) await fetch(url + path, { method, redirect: 'manual' });
    });

    expect(secret).toMatch(/^[\da-f]{32}$/);
    const routes = new Set(lines.filter(({ msg }) => msg === 'request').map(({ route }) => route));
    expect([...routes].sort()).toEqual([
      '(none)',
      '/api/operations',
      '/api/operations/:id',
      '/api/operations/:id/cancel',
      '/api/operations/:id/events',
      '/api/payments/:chargeOperationId',
      '/api/providers/:name/webhooks',
      '/hubs/operations',
      '/hubs/operations/negotiate',
      '/sandbox/authenticate/:token',
      '/sandbox/authenticate/:token/:answer',
      '/sandbox/charges/:charge/:act',
    ]);
    expect(output).not.toContain(secret);
    expect(output).not.toContain(CARD);
  });

  test('has no error for clients that disconnect', async () => {
    const { lines } = await logOf('debug', async (url) => {
      const { host, hostname, port } = new URL(url);
      const hangUp = async (method: string, path: string, more: string) => {
        const socket = connect(Number(port), hostname);
        socket.write(`${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}`);
        await once(socket, 'connect');
        // The service has read this one before it has answered two later requests: the first may overtake it.
        for (const _ of ['first', 'second']) await fetch(`${url}/health/live`);
        socket.resetAndDestroy();
      };
      const started = await fetch(`${url}/api/operations`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ kind: 'demo.countdown', input: { seconds: 30 } }),
      });
      const { id } = (await started.json()) as { id: string };
      const json = 'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"kind":';
      await Promise.all([
        hangUp('POST', '/api/operations', json),
        hangUp('POST', '/api/startOperation', json),
        hangUp('POST', `/api/operations/${id}/resolve`, json),
        hangUp('POST', '/api/providers/sandbox/webhooks', json),
        hangUp('POST', '/api/operations', 'Transfer-Encoding: chunked\r\n\r\n5\r\n{"kin\r\n'),
        hangUp('POST', '/api/operations', 'Content-Le'),
        hangUp('GET', `/api/operations/${id}`, 'Prefer: wait=30\r\n\r\n'),
        hangUp('GET', `/api/operations/${id}/events`, 'Accept: text/event-stream\r\n\r\n'),
        hangUp('GET', '/socket.io/?EIO=4&transport=polling', '\r\n'),
        hangUp('GET', `/api/operations/${NONE}`, '\r\n'),
      ]);
      // Later clients are served.
      await fetch(`${url}/api/operations/${id}/cancel`, { method: 'POST' });
    });

    expect(lines.filter(({ msg }) => /^a client has gone/.test(msg))).toHaveLength(5);
    expect(
      lines.filter(({ level, code }) => level === 'error' || level === 'warn' || code === 'storage_unavailable'),
    ).toEqual([]);
  });
});
