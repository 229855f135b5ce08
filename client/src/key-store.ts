/**
 * Where keys are kept, so that a page that is loaded again knows them: `sessionStorage`, `localStorage`, or what works
 * alike.
 */
export type KeyStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/**
 * A store that never throws: memory stands in for what the given one does not take, as where it is full, or where
 * cookies are blocked and the mere mention of `localStorage` throws. Hence it may be given as a function.
 */
export function safeStore(given: KeyStore | (() => KeyStore)): KeyStore {
  /** What the store has not taken; null is what it has not removed. */
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
