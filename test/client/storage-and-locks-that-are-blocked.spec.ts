import { type Client, createClient, type KeyStore } from '@outcome/client';
import { Service } from '../support/service.js';

const CHARGE = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' } as const;

const deny = () => {
  throw new DOMException('Access is denied for this document.', 'SecurityError');
};
const full = () => {
  throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
};

/** The storage that a browser gives to a page that it does not trust. */
const STORES: [string, KeyStore | (() => KeyStore)][] = [
  ['throws whatever it is asked', { getItem: deny, setItem: deny, removeItem: deny }],
  ['throws when it is mentioned', deny],
  ['is full', { getItem: () => null, setItem: full, removeItem: () => undefined }],
  ['lets nothing be removed', { getItem: () => null, setItem: () => undefined, removeItem: deny }],
  ['holds what others wrote', { getItem: () => '{"key":7}', setItem: () => undefined, removeItem: () => undefined }],
];

/** The locks that a browser gives to such a page, or what stands in their place. */
const LOCKS: [string, unknown][] = [
  ['are not there', undefined],
  ['are denied', { request: () => Promise.reject(new DOMException('Denied.', 'SecurityError')) }],
  ['throw', { request: deny }],
  ['never answer', { request: () => new Promise(() => undefined) }],
];

describe('a browser that blocks', () => {
  let service: Service;
  let client: Client | undefined;
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  beforeAll(async () => {
    service = await Service.start();
  });
  afterAll(() => service.stop());
  afterEach(() => {
    client?.close();
    if (before) Object.defineProperty(globalThis, 'navigator', before);
    else Reflect.deleteProperty(globalThis, 'navigator');
  });

  test.each(STORES)('storage neither ends a start nor hides an ending: it %s', async (title, store) => {
    client = createClient({ url: service.url, store });
    const input = { ...CHARGE, orderId: title };
    const { id } = await client.start('payment.charge', input, { intent: title });
    expect((await client.outcome(id)).status).toBe('success');
    const versions: number[] = [];
    for await (const { version } of client.watch(id)) versions.push(version);
    expect(versions).toEqual([1, 2, 3]);
    expect((await client.get(id)).status).toBe('success');
  });

  test.each(STORES.slice(0, 3))('storage does not split a double click on one page: it %s', async (title, store) => {
    client = createClient({ url: service.url, store });
    const input = { ...CHARGE, orderId: `twice: ${title}` };
    const [first, second] = await Promise.all([
      client.start('payment.charge', input),
      client.start('payment.charge', input),
    ]);
    expect(second.id).toBe(first.id);
  });

  test.each(LOCKS)('locks neither ends a start nor hides an ending: they %s', async (title, locks) => {
    Object.defineProperty(globalThis, 'navigator', { value: { locks }, configurable: true });
    client = createClient({ url: service.url, transports: ['sse', 'poll'] });
    const began = performance.now();
    const { id } = await client.start('payment.charge', { ...CHARGE, orderId: title });
    expect((await client.outcome(id)).status).toBe('success');
    expect(performance.now() - began).toBeLessThan(30_000);
  });

  test('locks lets a caller abort a start that waits for them', async () => {
    const locks = { request: () => new Promise(() => undefined) };
    Object.defineProperty(globalThis, 'navigator', { value: { locks }, configurable: true });
    client = createClient({ url: service.url });
    const leaving = new AbortController();
    const starting = client.start('payment.charge', CHARGE, { signal: leaving.signal });
    leaving.abort(new Error('left'));
    await expect(starting).rejects.toThrow('left');
  });
});
