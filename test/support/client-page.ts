import type { KeyStore, TransportName } from '@outcome/client';

/** What a page keeps across reloads. */
export const storeIn = (items = new Map<string, string>()): KeyStore => ({
  getItem: (name) => items.get(name) ?? null,
  setItem: (name, value) => void items.set(name, value),
  removeItem: (name) => void items.delete(name),
});

/** Each way by which a page may follow an operation. */
export const WAYS: [string, TransportName[] | undefined][] = [
  ['as it comes', undefined],
  ['by a socket alone', ['socket']],
  ['by a stream alone', ['sse']],
  ['by polling alone', ['poll']],
];
