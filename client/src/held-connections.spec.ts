import { jest } from '@jest/globals';
import { HeldConnections } from './held-connections.js';

const BASE = 'https://pay.example';

/** The locks that a browser's tabs share, or their substitute. */
type Locks = Pick<LockManager, 'request'> | undefined;

function sharedLocks(): Pick<LockManager, 'request'> {
  const held = new Set<string>();
  const request = async (name: string, { ifAvailable }: LockOptions, callback: (lock: Lock | null) => unknown) => {
    if (held.has(name)) return ifAvailable ? callback(null) : new Promise(() => undefined);
    held.add(name);
    try {
      return await callback({ name, mode: 'exclusive' });
    } finally {
      held.delete(name);
    }
  };
  return { request } as unknown as LockManager;
}

describe('the connections that are held open', () => {
  const globals = globalThis as { navigator?: unknown; document?: unknown };
  const inPageWith = (locks: Locks) => Object.assign(globals, { navigator: { locks }, document: {} });
  const before = { navigator: globals.navigator, document: globals.document };
  afterEach(() => {
    Object.assign(globals, before);
  });

  const takeAll = async (tab: HeldConnections) => {
    const taken: (() => void)[] = [];
    for (;;) {
      const giveBack = await tab.take();
      if (!giveBack) return taken;
      taken.push(giveBack);
    }
  };

  test('are three over all tabs, and a released one is free for any tab', async () => {
    inPageWith(sharedLocks());
    const [one, other] = [new HeldConnections(BASE), new HeldConnections(BASE)];
    const first = await one.take();
    expect(await takeAll(other)).toHaveLength(2);
    expect(await takeAll(one)).toHaveLength(0);
    first?.();
    await Promise.resolve();
    const [again] = await takeAll(other);
    expect(again).toBeDefined();
    again?.();
    await Promise.resolve();
    expect(await takeAll(one)).toHaveLength(1);
  });

  test('are counted per server, as in a browser', async () => {
    inPageWith(sharedLocks());
    expect(await takeAll(new HeldConnections(BASE))).toHaveLength(3);
    expect(await takeAll(new HeldConnections('https://other.example'))).toHaveLength(3);
  });

  test.each<[string, Locks]>([
    ['are not there, as in an insecure context', undefined],
    ['are denied', { request: () => Promise.reject(new DOMException('Denied.', 'SecurityError')) }],
    [
      'throw',
      {
        request: () =>
          jest
            .fn(() => undefined as never)
            .mockImplementation(() => {
              throw new DOMException('Denied.', 'SecurityError');
            })(),
      },
    ],
    ['never answer', { request: () => new Promise<never>(() => undefined) }],
  ])('are none in a page whose locks %s: it cannot count those of other tabs', async (_, locks) => {
    inPageWith(locks);
    const began = performance.now();
    expect(await new HeldConnections(BASE).take()).toBeUndefined();
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  test('are three per client outside a browser', async () => {
    expect(await takeAll(new HeldConnections(BASE))).toHaveLength(3);
  });
});
