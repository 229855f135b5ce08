import { once } from 'node:events';
import { get } from 'node:http';
import { jest } from '@jest/globals';
import { WebSocket } from 'ws';
import type { Acknowledgement } from '../../src/delivery/socket/socket.contract.js';
import { Metrics } from '../../src/observability/metrics.js';
import { createKey, type TestKey } from '../support/api-keys.js';
import { holdTime } from '../support/held-time.js';
import { eventually, type Problem, Service } from '../support/service.js';

const SOME_ID = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';
const WRONG = 'oc_test_wrong';

describe('what is refused', () => {
  let service: Service;
  let reader: TestKey;
  beforeEach(async () => {
    service = await Service.start({ AUTH_MODE: 'keys', ROLES: 'api', LIMIT_ANONYMOUS: '1', LIMIT_SOCKETS: '2' });
    reader = await createKey(service, ['operations:read']);
  });
  afterEach(() => {
    jest.restoreAllMocks();
    return service.stop();
  });

  const counts = async () => {
    const text = await service.outcome.app.get(Metrics).scrape();
    const lines = [...text.matchAll(/^outcome_refused_total\{code="(\w+)"\} (\d+)$/gm)];
    return Object.fromEntries(lines.map(([, code, count]) => [code, Number(count)]));
  };
  const connected = async (token?: string) => {
    const socket = service.socket({ reconnection: false, ...(token && { auth: { token } }) });
    await Promise.race([once(socket as never, 'connect'), once(socket as never, 'connect_error')]);
    return socket;
  };
  const hub = (token: string) =>
    new WebSocket(`${service.url.replace('http', 'ws')}/hubs/operations?access_token=${token}`);

  test('is counted by its code: requests', async () => {
    const asked: string[] = [];
    // The fourth within three seconds is one too many.
    while (!asked.includes('rate_limited')) asked.push((await service.get<Problem>('/api/operations')).body.code);
    await service.get('/api/operations', { Authorization: `Bearer ${WRONG}` });
    await service.get('/api/audit', reader.headers);
    await once(get(service.url, { headers: { Host: 'other.example' } }), 'response');
    await service.post('/api/operations', {}, { ...reader.headers, Origin: 'https://other.example' });
    expect((await service.get(`/api/operations/${SOME_ID}`, reader.headers)).status).toBe(404);

    expect(await counts()).toEqual({
      credentials_missing: asked.length - 1,
      rate_limited: 1,
      credentials_invalid: 1,
      scope_missing: 1,
      host_not_allowed: 1,
      origin_not_allowed: 1,
    });
  });

  test('is counted by its code: sockets of Socket.IO and their messages, acknowledged or not', async () => {
    const socket = await connected(reader.key);
    const join = (token: string) =>
      socket.emitWithAck('join', { operationId: SOME_ID, token }) as Promise<Acknowledgement>;
    await join(WRONG);
    socket.emit('join', { operationId: SOME_ID, token: WRONG });
    expect(await socket.emitWithAck('join', { operationId: SOME_ID })).toMatchObject({ ok: false });
    await eventually(async () => (await counts())['credentials_invalid'] === 2);
    expect(await counts()).toEqual({ credentials_invalid: 2 });

    await connected(WRONG);
    await connected(reader.key);
    expect(await counts()).toEqual({ credentials_invalid: 3, too_many_sockets: 1 });
  });

  test('is counted by its code: connections to the hub and their messages', async () => {
    holdTime();
    const open = hub(reader.key);
    await once(open, 'open');
    open.send('{"protocol":"json","version":1}\x1e');
    await once(open, 'message');
    open.send(`{"type":1,"target":"Join","invocationId":"1","arguments":["${SOME_ID}",0,"${WRONG}"]}\x1e`);
    await once(open, 'message');
    expect(await counts()).toEqual({ credentials_invalid: 1 });

    await once(hub(WRONG), 'error');
    expect(await counts()).toEqual({ credentials_invalid: 2 });
    await once(hub(reader.key), 'error');
    expect(await counts()).toEqual({ credentials_invalid: 2, rate_limited: 1 });
    open.terminate();
  });

  test('is counted by its code: a stranger that follows nothing', async () => {
    const socket = await connected();
    const plain = new WebSocket(`${service.url.replace('http', 'ws')}/hubs/operations`);
    await once(socket as never, 'disconnect');
    await eventually(async () => (await counts())['credentials_missing'] === 2);
    plain.terminate();
  });
});
