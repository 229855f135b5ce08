import { jest } from '@jest/globals';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Redis } from 'ioredis';
import { MINUTES } from '../time/durations.js';
import { openRedis } from './redis-connection.js';

/** Answers each PING, except on its first connection, which it then ends. */
class ForgetfulRedis {
  connections = 0;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server = createServer((socket) => {
    this.connections += 1;
    const isFirst = this.connections === 1;
    this.sockets.add(socket);
    socket.on('data', (data) => {
      if (!/ping/i.test(data.toString())) return;
      if (isFirst) socket.destroy();
      else socket.write('+PONG\r\n');
    });
  });

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `redis://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

describe('a connection', () => {
  let server: ForgetfulRedis;
  let client: Redis;
  const RETRY_AFTER = 50;
  beforeEach(async () => {
    server = new ForgetfulRedis();
    const urls = [await server.start()];
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    const redis = {
      enableReadyCheck: false,
      disableClientInfo: true,
      retryStrategy: () => RETRY_AFTER,
      lazyConnect: true,
    };
    client = openRedis({ urls, isCluster: false }, { redis }) as Redis;
  });
  afterEach(() => {
    client.disconnect();
    server.stop();
    jest.useRealTimers();
  });

  const loseFirst = async (connection: Redis) => {
    await connection.connect();
    const closed = once(connection, 'close');
    await expect(connection.ping()).rejects.toThrow();
    await closed;
  };

  test.each([
    ['it', (opened: Redis) => opened],
    ['a duplicate of it', (opened: Redis) => opened.duplicate()],
  ])('that came back after %s was lost is not ended by the time limit of the lost one', async (_, of) => {
    client = of(client);
    await loseFirst(client);
    jest.advanceTimersByTime(RETRY_AFTER);
    await once(client, 'ready');
    expect(await client.ping()).toBe('PONG');

    jest.advanceTimersByTime(1 * MINUTES);
    expect(await client.ping()).toBe('PONG');
    expect(server.connections).toBe(2);
  });
});
