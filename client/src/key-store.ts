/** Where keys are kept, so that a page that is loaded again knows them: `sessionStorage`, `localStorage`, or what works alike. */
export type KeyStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** The store, and memory for what it does not take: it may be full, closed to us, or not there at all. */
export function keptIn(given: KeyStore | undefined): KeyStore {
  const store = given ?? sessionStore();
  const memory = new Map<string, string>();
  return {
    getItem: (name) => memory.get(name) ?? store?.getItem(name) ?? null,
    setItem: (name, value) => {
      memory.delete(name);
      try {
        if (store) store.setItem(name, value);
        else memory.set(name, value);
      } catch {
        memory.set(name, value);
      }
    },
    removeItem: (name) => {
      memory.delete(name);
      store?.removeItem(name);
    },
  };
}

function sessionStore(): KeyStore | undefined {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}
