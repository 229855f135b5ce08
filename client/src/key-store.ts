/** Keeps keys over a page's reload: `sessionStorage`, `localStorage`, or anything with their methods. */
export type KeyStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/**
 * A store that never throws: memory keeps what the given store rejects, for example when it is full. With cookies
 * blocked, merely naming `localStorage` throws; hence the store may be given as a function.
 */
export function safeStore(given: KeyStore | (() => KeyStore)): KeyStore {
  /** What the store rejected; null for a key that it did not remove. */
  const memory = new Map<string, string | null>();
  const attempt = <T>(use: (store: KeyStore) => T): T | undefined => {
    try {
      return use(typeof given === 'function' ? given() : given);
    } catch {
      return undefined;
    }
  };
  const keep = (name: string, value: string | null, change: (store: KeyStore) => void) => {
    memory.set(name, value);
    attempt((store) => {
      change(store);
      memory.delete(name);
    });
  };
  return {
    getItem: (name) => {
      const value: unknown = memory.has(name) ? memory.get(name) : attempt((store) => store.getItem(name));
      return typeof value === 'string' ? value : null;
    },
    setItem: (name, value) => keep(name, value, (store) => store.setItem(name, value)),
    removeItem: (name) => keep(name, null, (store) => store.removeItem(name)),
  };
}
