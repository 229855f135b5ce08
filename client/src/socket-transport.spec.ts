import { jest } from '@jest/globals';
import type { Socket } from 'socket.io-client';
import type { Channel } from './channel.js';
import { Credentials } from './credentials.js';
import { Intents } from './intents.js';
import { safeStore } from './key-store.js';
import { Connectivity } from './connectivity.js';
import { SocketTransport } from './socket-transport.js';

const SECONDS = 1000;

/** A socket of a service that answers joins in turn, each after a second. */
class SlowService {
  connected = false;
  readonly joins: string[] = [];
  private answered = Promise.resolve();
  private readonly listeners = new Map<string, () => void>();

  on = () => this;
  off = () => this;
  emit = () => this;

  once(event: string, listener: () => void): this {
    this.listeners.set(event, listener);
    return this;
  }

  connect(): void {
    void Promise.resolve().then(() => {
      this.connected = true;
      this.listeners.get('connect')?.();
    });
  }

  disconnect(): void {
    this.connected = false;
  }

  timeout(ms: number) {
    return {
      emitWithAck: (_: 'join', { operationId }: { operationId: string }) => {
        this.joins.push(operationId);
        this.answered = this.answered.then(() => new Promise((resolve) => setTimeout(resolve, SECONDS)));
        const late = new Promise((_, reject) => setTimeout(() => reject(new Error('Nothing was answered.')), ms));
        const answer = { ok: true, operation: { id: operationId, metadata: {} }, events: [] };
        return Promise.race([this.answered.then(() => answer), late]);
      },
    };
  }
}

test('joins that a slow service answers in turn are each sent once', async () => {
  jest.useFakeTimers();
  const service = new SlowService();
  const transport = new SocketTransport(
    'https://shop.example',
    '',
    new Credentials(undefined, new Intents(safeStore(() => sessionStorage))),
    new Connectivity(),
    () => service as unknown as Socket,
  );
  const joined = new Set<string>();
  const ids = Array.from({ length: 20 }, (_, at) => `operation ${at}`);
  const stop = transport.use();
  const gaveUp: string[] = [];
  for (const id of ids) {
    const receiveBy = () => joined.add(id);
    const channel = { id, frontier: 0, isOver: false, receive: () => undefined, receiveBy } as unknown as Channel;
    void transport.listen(channel, new AbortController().signal).then((worked) => worked || gaveUp.push(id));
  }
  await jest.advanceTimersByTimeAsync(30 * SECONDS);
  stop();
  jest.useRealTimers();

  expect(gaveUp).toEqual([]);
  expect([...joined]).toEqual(ids);
  expect(service.joins).toEqual(ids);
});
