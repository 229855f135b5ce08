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
