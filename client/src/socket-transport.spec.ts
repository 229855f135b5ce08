import { jest } from '@jest/globals';
import type { Socket } from 'socket.io-client';
import type { Operation, Problem } from './api.js';
import { Channel, type Transport } from './channel.js';
import { Credentials } from './credentials.js';
import { Intents } from './intents.js';
import type { Token } from './http.js';
import { safeStore } from './key-store.js';
import type { OutcomeError } from './outcome-error.js';
import { Connectivity, until } from './connectivity.js';
import { SocketTransport } from './socket-transport.js';

const SECONDS = 1000;

/** A socket of a service that answers joins in turn, each after a second. */
class SlowService {
  connected = false;
  readonly joins: string[] = [];
  private answered = Promise.resolve();
  protected readonly listeners = new Map<string, () => void>();

  on: (event: string, listener: (event: unknown) => void) => this = () => this;
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

const transportTo = (service: SlowService) =>
  new SocketTransport(
    'https://shop.example',
    '',
    new Credentials(undefined, new Intents(safeStore(() => sessionStorage))),
    new Connectivity(),
    () => service as unknown as Socket,
  );

test('joins that a slow service answers in turn are each sent once', async () => {
  jest.useFakeTimers();
  const service = new SlowService();
  const transport = transportTo(service);
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

/** Is connected to after so many milliseconds. */
class DistantService extends SlowService {
  constructor(private readonly afterMs: number) {
    super();
  }

  override connect(): void {
    setTimeout(() => super.connect(), this.afterMs);
  }
}

test.each([
  ['waits for', 900, ['one']],
  ['does not wait for', 1100, []],
])('an operation %s a first connection that takes %d ms', async (_, afterMs, joins) => {
  jest.useFakeTimers();
  const service = new DistantService(afterMs);
  const transport = transportTo(service);
  const stop = transport.use();
  const ignore = () => undefined;
  const channel = { id: 'one', frontier: 0, isOver: false, receive: ignore, receiveBy: ignore } as unknown as Channel;
  void transport.listen(channel, new AbortController().signal);
  await jest.advanceTimersByTimeAsync(3 * SECONDS);
  stop();
  jest.useRealTimers();

  expect(service.joins).toEqual(joins);
});

/** Ends each connection as soon as it is made, as a proxy without a service behind it. */
class CuttingService extends SlowService {
  connections = 0;

  override connect(): void {
    this.connections += 1;
    super.connect();
    setTimeout(() => {
      this.connected = false;
      this.listeners.get('disconnect')?.();
    }, 10);
  }
}

test('a service that ends each connection at once is asked ever more rarely', async () => {
  jest.useFakeTimers();
  const service = new CuttingService();
  const transport = transportTo(service);
  const stop = transport.use();
  await jest.advanceTimersByTimeAsync(60 * SECONDS);
  stop();
  jest.useRealTimers();

  expect(service.connections).toBeGreaterThan(5);
  expect(service.connections).toBeLessThan(25);
});

/** Ends a connection without credentials that has followed nothing for ten seconds, as the service does. */
class ServiceForFollowers extends SlowService {
  connections = 0;
  private ended: (event: unknown) => void = () => undefined;

  override on = (event: string, listener: (event: unknown) => void) => {
    if (event === 'disconnect') this.ended = listener;
    return this;
  };

  override connect(): void {
    this.connections += 1;
    super.connect();
    setTimeout(() => this.joins.length === 0 && this.end(), 10 * SECONDS);
  }

  end(): void {
    this.connected = false;
    this.ended('transport close');
    this.listeners.get('disconnect')?.();
  }
}

test('a connection that ends since nothing is followed by it is made again a minute later', async () => {
  jest.useFakeTimers();
  const service = new ServiceForFollowers();
  const stop = transportTo(service).use();
  await jest.advanceTimersByTimeAsync(69 * SECONDS);
  const before = service.connections;
  await jest.advanceTimersByTimeAsync(2 * SECONDS);
  stop();
  jest.useRealTimers();

  expect([before, service.connections]).toEqual([1, 2]);
});

test('a connection that ends while something is followed by it is made again at once', async () => {
  jest.useFakeTimers();
  const service = new ServiceForFollowers();
  const transport = transportTo(service);
  const stop = transport.use();
  const channel = { id: 'one', frontier: 0, receive: () => undefined, receiveBy: () => undefined };
  void transport.listen(channel as unknown as Channel, new AbortController().signal);
  await jest.advanceTimersByTimeAsync(30 * SECONDS);
  service.end();
  await jest.advanceTimersByTimeAsync(1 * SECONDS);
  stop();
  jest.useRealTimers();

  expect(service.connections).toBe(2);
});

/** Keeps rooms as the service does: a join enters one when it is answered, and a leave behind it ends that. */
class ServiceWithRooms extends SlowService {
  private readonly joined = new Set<string>();
  private deliver: (event: unknown) => void = () => undefined;

  override on = (event: string, listener: (event: unknown) => void) => {
    if (event === 'operation') this.deliver = listener;
    return this;
  };

  override emit = (event?: string, { operationId = '' }: { operationId?: string } = {}) => {
    if (event === 'leave') this.joined.delete(operationId);
    return this;
  };

  override timeout(ms: number) {
    const { emitWithAck } = super.timeout(ms);
    return {
      emitWithAck: async (event: 'join', message: { operationId: string }) => {
        const answer = await emitWithAck(event, message);
        this.joined.add(message.operationId);
        return answer;
      },
    };
  }

  publish(operationId: string, version: number): void {
    if (this.joined.has(operationId)) this.deliver({ operationId, operation: { id: operationId, version } });
  }
}

test('an operation that is left and followed again before its join is answered stays in its room', async () => {
  jest.useFakeTimers();
  const service = new ServiceWithRooms();
  const transport = transportTo(service);
  const received: unknown[] = [];
  const follow = (name: string) => {
    const leaving = new AbortController();
    const channel = {
      id: 'one',
      frontier: 0,
      isOver: false,
      receive: ({ version }: Operation) => version > 1 && received.push([name, version]),
      receiveBy: () => undefined,
    };
    void transport.listen(channel as unknown as Channel, leaving.signal);
    return () => leaving.abort();
  };
  const stop = transport.use();
  const leave = follow('first');
  await jest.advanceTimersByTimeAsync(SECONDS / 2);
  leave();
  const leaveAgain = follow('second');
  await jest.advanceTimersByTimeAsync(5 * SECONDS);
  service.publish('one', 2);
  expect([service.joins, received]).toEqual([['one', 'one'], [['second', 2]]]);

  leaveAgain();
  await jest.advanceTimersByTimeAsync(SECONDS);
  service.publish('one', 3);
  expect(received).toHaveLength(1);
  stop();
  jest.useRealTimers();
});

describe('credentials that the service refuses', () => {
  const problem = (status: number) => ({ code: 'credentials_invalid', detail: 'Refused.', status }) as Problem;
  const operation = { id: 'one', version: 1, done: true, status: 'success', metadata: {} } as Operation;
  /** As long as the service keeps a connection that follows nothing. */
  const MAY_IDLE_FOR = 10 * SECONDS;

  /** Refuses connections (errors) and joins (problems) as planned, and then answers that the operation has ended. */
  class RefusingService extends SlowService {
    connections = 0;
    private readonly onceListeners = new Map<string, () => void>();

    constructor(private readonly plan: (Error | Problem)[]) {
      super();
    }

    override once(event: string, listener: () => void): this {
      this.onceListeners.set(event, listener);
      return this;
    }

    override connect(): void {
      this.connections += 1;
      this.connected = !(this.plan[0] instanceof Error);
      if (!this.connected) this.plan.shift();
      queueMicrotask(() => this.onceListeners.get(this.connected ? 'connect' : 'connect_error')?.());
      if (this.connected) setTimeout(() => this.close(), MAY_IDLE_FOR);
    }

    override timeout() {
      return {
        emitWithAck: (_: 'join', { operationId }: { operationId: string }) => {
          this.joins.push(operationId);
          const problem = this.plan.shift();
          return Promise.resolve(problem ? { ok: false, problem } : { ok: true, operation, events: [] });
        },
      };
    }

    private close(): void {
      this.connected = false;
      this.onceListeners.get('disconnect')?.();
    }
  }

  function following(token: Token, plan: (Error | Problem)[], ...others: Transport[]) {
    const credentials = new Credentials(token, new Intents(safeStore(() => sessionStorage)));
    const network = new Connectivity();
    const service = new RefusingService(plan);
    const connect = () => service as unknown as Socket;
    const transports = {
      inOrder: [new SocketTransport('https://shop.example', '', credentials, network, connect), ...others],
      hasFixedToken: typeof token === 'string',
      look: () => Promise.resolve(),
      history: () => Promise.resolve([]),
    };
    const ignore = () => undefined;
    const outcome = (signal = new AbortController().signal) =>
      new Channel('one', transports, network, ignore, ignore).ending(signal).then(
        ({ status }) => status,
        (error: unknown) => (error as OutcomeError).status,
      );
    return { outcome, service };
  }

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask'] });
    jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      const timeout = new AbortController();
      setTimeout(() => timeout.abort(), ms);
      return timeout.signal;
    });
  });
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });
  const MINUTES = 60 * SECONDS;
  const within = async (ms: number, outcome: Promise<unknown>) => {
    await jest.advanceTimersByTimeAsync(ms);
    return Promise.race([outcome, Promise.resolve('is still tried')]);
  };
  const always = (status: number) => Array.from({ length: 100 }, () => problem(status));

  test('as the one token of a client are the end, and not presented again', async () => {
    const { outcome, service } = following('fixed', always(401));
    expect(await within(5 * MINUTES, outcome())).toBe(401);
    expect(service.joins).toHaveLength(1);
  });

  test('as the one token of a client are not presented again while another transport works', async () => {
    const poll: Transport = {
      name: 'poll',
      isPush: false,
      listen: (_, signal) => until(signal, () => () => undefined, 2 * SECONDS).then(() => true),
    };
    const { outcome, service } = following('fixed', always(401), poll);
    const leaving = new AbortController();
    expect(await within(5 * MINUTES, outcome(leaving.signal))).toBe('is still tried');
    expect([service.joins.length, service.connections]).toEqual([1, 1]);

    leaving.abort();
    await jest.advanceTimersByTimeAsync(5 * SECONDS);
    expect(await within(5 * MINUTES, outcome())).toBe('is still tried');
    expect([service.joins.length, service.connections]).toEqual([2, 2]);
  });

  test.each([
    ['429', problem(429)],
    ['503', problem(503)],
    ['an error of the network', new Error('websocket error')],
  ])('with %s are presented again', async (_, fault) => {
    const { outcome, service } = following('fixed', [fault, fault, fault]);
    expect(await within(5 * MINUTES, outcome())).toBe('success');
    expect(service.joins.length + service.connections).toBe(5);
  });

  test('of a function are followed by the next ones', async () => {
    const { outcome, service } = following(() => 'next', [new Error('websocket error'), problem(401)]);
    expect(await within(5 * MINUTES, outcome())).toBe('success');
    expect(service.joins).toHaveLength(2);
  });

  test('of a function are the end the second time', async () => {
    const { outcome, service } = following(() => 'next', always(401));
    expect(await within(5 * MINUTES, outcome())).toBe(401);
    expect(service.joins).toHaveLength(2);
  });

  test('are not awaited for ever, and nothing is joined without them', async () => {
    let asked = 0;
    const answers = [Promise.reject(new Error('no network')), new Promise<string>(() => undefined)];
    answers[0]?.catch(() => undefined);
    const { outcome, service } = following(() => answers[asked++] ?? 'next', []);
    expect(await within(5 * MINUTES, outcome())).toBe('success');
    expect([asked, service.joins.length]).toEqual([3, 1]);
  });
});
