import { jest } from '@jest/globals';
import type { Operation, Status } from './api.js';
import { Intents, unnamed } from './intents.js';
import { type KeyStore, safeStore } from './key-store.js';

const SECOND = 1000;
const ID = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';
const BODY = '{"kind":"payment.charge"}';
const ended = (status: Status, id = ID) => ({ id, status, done: true }) as Operation;

describe('the key of an intent', () => {
  let store: KeyStore;
  beforeEach(() => {
    jest.useFakeTimers({ advanceTimers: false });
    store = safeStore(() => sessionStorage);
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const begin = (name: string, intents = new Intents(store)) => {
    const intent = intents.make(name, BODY);
    intents.started(name, intent, ID);
    return { intents, intent };
  };

  test('is 128 random bits', () => {
    const intents = new Intents(store);
    const keys = Array.from({ length: 100 }, (_, n) => intents.make(`order-${n}`, BODY).key);
    expect(new Set(keys).size).toBe(100);
    for (const key of keys) expect(key).toMatch(/^(\d{1,10}-){3}\d{1,10}$/);
  });

  test('is kept over a reload with its operation', () => {
    const { intent } = begin('order-1');
    expect(new Intents(store).find('order-1')).toEqual({ key: intent.key, body: BODY, id: ID });
  });

  test.each(['failed', 'canceled', 'expired'] as const)(
    'is dropped when its operation is %s, after the time of a double click',
    (status) => {
      const { intents, intent } = begin('order-1');
      intents.ending(ended(status));
      jest.advanceTimersByTime(0.9 * SECOND);
      expect(intents.find('order-1')?.key).toBe(intent.key);
      jest.advanceTimersByTime(0.2 * SECOND);
      expect(intents.find('order-1')).toBeUndefined();
    },
  );

  test('is kept after a success of a named intent: an order is paid once', () => {
    const { intents, intent } = begin('order-1');
    intents.ending(ended('success'));
    jest.advanceTimersByTime(3600 * SECOND);
    expect(new Intents(store).find('order-1')?.key).toBe(intent.key);
  });

  test('is dropped after a success of an unnamed intent, after the time of a double click', () => {
    const { intents, intent } = begin(unnamed(BODY));
    intents.ending(ended('success'));
    expect(intents.find(unnamed(BODY))?.key).toBe(intent.key);
    jest.advanceTimersByTime(1.1 * SECOND);
    expect(intents.find(unnamed(BODY))).toBeUndefined();
  });

  test.each([
    ['failed', unnamed(BODY), 'failed'],
    ['success', unnamed(BODY), 'success'],
    ['failed and removed', 'order-1', 'failed'],
  ] as const)('leaves nothing in the store once dropped: %s', (_, name, status) => {
    const items = new Map<string, string>();
    const { intents } = begin(name, new Intents(storeIn(items)));
    expect(items.size).toBe(2);
    intents.ending(ended(status));
    intents.forget(name);
    expect(items.size).toBe(0);
  });

  test('is kept over a reload after an ending without success, and does not block the next attempt', () => {
    const { intents, intent } = begin('order-1');
    intents.ending(ended('failed'));
    const reloaded = new Intents(store);
    expect(reloaded.last('order-1')).toEqual({ ...intent, id: ID, ended: true });
    expect(reloaded.find('order-1')).toBeUndefined();
    const next = reloaded.make('order-1', BODY);
    expect([reloaded.last('order-1'), reloaded.find('order-1')]).toEqual([next, next]);
  });

  test('stays ended even if an earlier answer arrives after the ending', () => {
    const { intents, intent } = begin('order-1');
    intents.ending(ended('failed'));
    intents.started('order-1', intent, ID);
    expect(new Intents(store).find('order-1')).toBeUndefined();
  });

  test.each([
    ['continues', undefined],
    ['is paid', 'success'],
  ] as const)('is kept while its operation %s', (_, status) => {
    const { intents, intent } = begin('order-1');
    if (status) intents.ending(ended(status));
    intents.forget('order-1');
    expect(intents.find('order-1')?.key).toBe(intent.key);
  });

  test('of the next attempt is not changed by a late answer to the previous one', () => {
    const { intents, intent } = begin('order-1');
    intents.ending(ended('failed'));
    jest.advanceTimersByTime(2 * SECOND);
    const next = intents.make('order-1', BODY);
    intents.started('order-1', intent, ID);
    intents.ending(ended('failed'));
    intents.drop('order-1', intent);
    expect(intents.find('order-1')).toEqual(next);
  });

  test('is absent if the store holds foreign data', () => {
    for (const text of ['', 'null', '7', '{"key":1}', '{"key":"k"}', 'not JSON']) {
      store.setItem('outcome.intent:order-1', text);
      expect(new Intents(store).find('order-1')).toBeUndefined();
    }
  });
});

const storeIn = (items: Map<string, string>): KeyStore => ({
  getItem: (name) => items.get(name) ?? null,
  setItem: (name, value) => void items.set(name, value),
  removeItem: (name) => void items.delete(name),
});
