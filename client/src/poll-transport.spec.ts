import { jest } from '@jest/globals';
import type { Operation } from './api.js';
import { Channel } from './channel.js';
import { HeldConnections } from './held-connections.js';
import type { Http } from './http.js';
import { look, PollTransport } from './poll-transport.js';
import { Connectivity } from './connectivity.js';

const SECOND = 1000;

/** The parts of a browser's page that the client uses. */
class Page extends EventTarget {
  visibilityState: 'visible' | 'hidden' = 'visible';

  become(state: 'visible' | 'hidden'): void {
    this.visibilityState = state;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

describe('a polling client', () => {
  let page: Page;
  let network: EventTarget;
  let asked: number[];
  let following: AbortController;
  let ending: Promise<unknown>;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'] });
    [page, network] = [new Page(), new EventTarget()];
    Object.assign(globalThis, { document: page, window: network });
    asked = [];
    following = new AbortController();
    const connectivity = new Connectivity();
    const http = {
      once: () => {
        asked.push(Math.round(performance.now() / SECOND));
        const operation = { id: 'one', version: 1, done: false } as Operation;
        return Promise.resolve({ status: 200, headers: new Headers({ 'Retry-After': '2' }), body: operation });
      },
    } as unknown as Http;
    const transports = {
      inOrder: [new PollTransport('poll', http, connectivity, new HeldConnections(''))],
      hasFixedToken: true,
      look: (channel: Channel) => look(http, channel, following.signal),
    };
    const nothing = () => undefined;
    const channel = new Channel(
      'one',
      { ...transports, history: () => Promise.resolve([]) },
      connectivity,
      nothing,
      nothing,
    );
    ending = channel.ending(following.signal).catch(nothing);
  });
  afterEach(async () => {
    following.abort();
    await ending;
    await Promise.resolve();
    expect(jest.getTimerCount()).toBe(0);
    Reflect.deleteProperty(globalThis, 'document');
    Reflect.deleteProperty(globalThis, 'window');
    jest.useRealTimers();
  });

  const after = async (ms: number) => {
    const before = asked.length;
    await jest.advanceTimersByTimeAsync(ms);
    return asked.length - before;
  };

  test('asks when the service says so, with a jitter of up to a fifth', async () => {
    await after(0);
    const times = await after(60 * SECOND);
    expect(times).toBeGreaterThanOrEqual(25);
    expect(times).toBeLessThanOrEqual(30);
  });

  test('asks twice a minute at most while the page is hidden, and at once when it becomes visible', async () => {
    await after(0);
    page.become('hidden');
    await after(3 * SECOND);
    expect(await after(60 * SECOND)).toBeLessThanOrEqual(2);
    page.become('visible');
    expect(await after(0)).toBe(1);
  });

  test('asks at once when the network is back', async () => {
    await after(0);
    page.become('hidden');
    await after(5 * SECOND);
    network.dispatchEvent(new Event('online'));
    expect(await after(0)).toBe(1);
  });
});

describe('a client that polls again as soon as it is answered', () => {
  const ANSWERED_AFTER_MS = 10;
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'] }));
  afterEach(() => void jest.useRealTimers());

  interface Asked {
    headers: { 'If-None-Match': string; Prefer?: string };
  }
  type Answer = { body: Partial<Operation> | undefined; headers?: Record<string, string> };

  /** How often it asks in a minute, when it has seen an operation at a version, if any. */
  async function asksAMinute(
    name: 'wait' | 'poll',
    seen: number | undefined,
    answer: (asked: Asked['headers']) => Answer,
  ): Promise<number> {
    let asked = 0;
    const http = {
      once: async (_: string, { headers }: Asked) => {
        asked += 1;
        const { body, headers: own } = answer(headers);
        const isHeld = !body && headers.Prefer;
        await new Promise((resolve) => setTimeout(resolve, isHeld ? 25 * SECOND : ANSWERED_AFTER_MS));
        const applied = headers.Prefer && { 'Preference-Applied': headers.Prefer };
        return { headers: new Headers({ ...applied, ...own }), body };
      },
    } as unknown as Http;
    const connections = { take: () => Promise.resolve(() => undefined) } as unknown as HeldConnections;
    const connectivity = new Connectivity();
    const transports = {
      inOrder: [new PollTransport(name, http, connectivity, connections)],
      hasFixedToken: true,
      look: () => Promise.resolve(),
      history: () => Promise.resolve([]),
    };
    const nothing = () => undefined;
    const channel = new Channel('one', transports, connectivity, nothing, nothing);
    if (seen !== undefined) channel.receive({ id: 'one', version: seen, done: false } as Operation);
    const following = new AbortController();
    const ending = channel.ending(following.signal).catch(nothing);
    await jest.advanceTimersByTimeAsync(60 * SECOND);
    following.abort();
    await jest.advanceTimersByTimeAsync(60 * SECOND);
    await ending;
    return asked;
  }
  const at = (version: number) => ({ id: 'one', version, done: false }) as Operation;

  test('waits for the next version of a service that was restored to an earlier one', async () => {
    const restored = ({ 'If-None-Match': known }: Asked['headers']) => ({ body: known === '"v3"' ? undefined : at(3) });
    expect(await asksAMinute('wait', 7, restored)).toBeLessThanOrEqual(5);
  });

  test('does not ask all the time what answers with something else', async () => {
    expect(await asksAMinute('wait', undefined, () => ({ body: {} }))).toBeLessThanOrEqual(32);
  });

  test.each(['0', '-5', '', 'soon', 'Wed, 21 Oct 2015 07:28:00 GMT'])(
    'pauses where it is told to come back after "%s"',
    async (retryAfter) => {
      const asks = await asksAMinute('poll', 1, () => ({ body: at(1), headers: { 'Retry-After': retryAfter } }));
      expect(asks).toBeLessThanOrEqual(32);
    },
  );
});
