import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { DrivenOperation } from '../support/driven-operation.js';
import { EventStreamClient, type ServerSentEvent } from '../support/event-stream-client.js';
import { answerOf } from '../support/raw-request.js';
import { eventually, Service } from '../support/service.js';
import { SECONDS } from '../../src/time/durations.js';

describe('a request that arrives slowly', () => {
  let service: Service;
  let server: Server;
  const sockets: Socket[] = [];
  beforeAll(async () => {
    service = await Service.start({ ROLES: 'api' });
    server = service.outcome.app.getHttpServer();
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await service.stop();
  });

  /**
   * Sends the beginning and then one byte at a time without end; resolves to what was received until the connection
   * closes.
   */
  async function dribble(beginning: string): Promise<string> {
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    sockets.push(socket);
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk)));
    socket.write(beginning);
    const more = setInterval(() => socket.write('x'), 100);
    await once(socket, 'close', { signal: AbortSignal.timeout(40 * SECONDS) }).finally(() => clearInterval(more));
    return text;
  }

  test('has half a minute, including its head', () =>
    expect([server.headersTimeout, server.requestTimeout]).toEqual([30 * SECONDS, 30 * SECONDS]));

  test('is ended with 408, but not while it waits for its answer', async () => {
    const driven = await DrivenOperation.start(service);
    const received: ServerSentEvent[] = [];
    const stream = await EventStreamClient.open(`${service.url}/api/operations/${driven.id}/events`, {}, (event) =>
      received.push(event),
    );
    const waiting = service.get(`/api/operations/${driven.id}`, { Prefer: 'wait=60, until=end' });
    await eventually(async () => received.length > 0);
    server.headersTimeout = server.requestTimeout = 1 * SECONDS;
    const host = `Host: ${new URL(service.url).host}`;
    const answers = await Promise.all([
      dribble(
        `POST /api/operations HTTP/1.1\r\n${host}\r\nContent-Type: application/json\r\nContent-Length: ` +
          '60000\r\n\r\n{"kind":"',
      ),
      dribble(`POST /api/providers/sandbox/webhooks HTTP/1.1\r\n${host}\r\nContent-Length: 60000\r\n\r\n`),
      dribble(`GET /api/operations HTTP/1.1\r\n${host}\r\nX-More: `),
    ]);
    for (const { status, headers, body } of answers.map(answerOf)) {
      expect([status, headers['content-type'], headers['cache-control'], headers['x-content-type-options']]).toEqual([
        408,
        'application/problem+json',
        'no-store',
        'nosniff',
      ]);
      expect(JSON.parse(body)).toEqual({
        type: 'urn:outcome:problem:request_timeout',
        title: expect.any(String),
        status: 408,
        code: 'request_timeout',
        detail: expect.stringContaining('30 s'),
      });
    }

    // These connections have been open for longer than that.
    expect(received).toHaveLength(1);
    await driven.progress();
    await driven.succeed();
    expect((await waiting).body).toMatchObject({ status: 'success', done: true });
    await stream.ended;
    expect([stream.complete, received.map(({ id }) => id)]).toEqual([true, ['1', '2', '3']]);
  });
});
