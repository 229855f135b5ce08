import { jest } from '@jest/globals';
import type { Socket } from 'socket.io-client';
import type { Operation } from './api.js';
import { Channel } from './channel.js';
import { Credentials } from './credentials.js';
import { Intents } from './intents.js';
import type { Token } from './http.js';
import { safeStore } from './key-store.js';
import type { OutcomeError } from './outcome-error.js';
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

describe('a connection that the service refuses', () => {
  const problem = (status: number) => ({ data: { code: 'credentials_invalid', detail: 'Refused.', status } });
  const operation = { id: 'one', version: 1, done: true, status: 'success', metadata: {} } as Operation;

  /** Refuses connections as planned, one after the other, and then lets in and answers that the operation has ended. */
  class RefusingService extends SlowService {
    tries = 0;
    private readonly onceListeners = new Map<string, (error?: object) => void>();

    constructor(
      private readonly plan: object[],
      private readonly auth: (send: () => void) => void,
    ) {
      super();
    }

    override once(event: string, listener: (error?: object) => void): this {
      this.onceListeners.set(event, listener);
      return this;
    }

    override connect(): void {
      this.auth(() => {
        const fault = this.plan[this.tries++];
        this.connected = !fault;
        this.onceListeners.get(fault ? 'connect_error' : 'connect')?.(fault);
      });
    }

    override timeout() {
      return { emitWithAck: () => Promise.resolve({ ok: true, operation, events: [] }) };
    }
  }

  function following(token: Token, plan: object[]) {
    const credentials = new Credentials(token, new Intents(safeStore(() => sessionStorage)));
    const network = new Connectivity();
    let service: RefusingService | undefined;
    const transport = new SocketTransport('https://shop.example', '', credentials, network, (_, { auth }) => {
      service = new RefusingService(plan, auth as (send: () => void) => void);
      return service as unknown as Socket;
    });
    const transports = {
      inOrder: [transport],
      hasFixedToken: typeof token === 'string',
      look: () => Promise.resolve(),
      history: () => Promise.resolve([]),
    };
    const ignore = () => undefined;
    const outcome = () =>
      new Channel('one', transports, network, ignore, ignore).ending(new AbortController().signal).then(
        ({ status }) => status,
        (error: unknown) => (error as OutcomeError).status,
      );
    return { outcome, tries: () => service?.tries };
  }

  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());
  const MINUTES = 60 * SECONDS;
  const within = async (ms: number, outcome: Promise<unknown>) => {
    await jest.advanceTimersByTimeAsync(ms);
    return Promise.race([outcome, Promise.resolve('is still tried')]);
  };

  test('for its token is the end, and not tried again', async () => {
    const { outcome, tries } = following(
      'fixed',
      Array.from({ length: 100 }, () => problem(401)),
    );
    expect(await within(5 * MINUTES, outcome())).toBe(401);
    expect(tries()).toBe(1);
  });

  test.each([
    ['429', problem(429)],
    ['503', problem(503)],
    ['an error of the network', new Error('websocket error')],
    ['the error of another server', { data: { status: 401 } }],
  ])('with %s is tried again', async (_, fault) => {
    const { outcome, tries } = following('fixed', [fault, fault, fault]);
    expect(await within(5 * MINUTES, outcome())).toBe('success');
    expect(tries()).toBe(4);
  });

  test('for the token of a function is tried with the next one, also for an operation followed since', async () => {
    const down = Array.from({ length: 7 }, () => new Error('websocket error'));
    const { outcome, tries } = following(() => 'next', [...down, problem(401)]);
    const first = outcome();
    while (tries() !== 8) await jest.advanceTimersByTimeAsync(100);
    const later = outcome();
    expect(await within(5 * MINUTES, Promise.all([first, later]))).toEqual(['success', 'success']);
    expect(tries()).toBe(9);
  });

  test('twice for the tokens of a function is the end', async () => {
    const { outcome, tries } = following(
      () => 'next',
      Array.from({ length: 100 }, () => problem(401)),
    );
    expect(await within(5 * MINUTES, outcome())).toBe(401);
    expect(tries()).toBe(2);
  });

  test('is not asked for while the token function fails', async () => {
    let asked = 0;
    const token = () => (asked++ < 3 ? Promise.reject(new Error('no network')) : Promise.resolve('renewed'));
    const { outcome, tries } = following(token, []);
    expect(await within(5 * MINUTES, outcome())).toBe('success');
    expect([asked, tries()]).toEqual([4, 1]);
  });
});
