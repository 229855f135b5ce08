import { type KeyStore, safeStore } from './key-store.js';

const refuse = () => {
  throw new DOMException('Access is denied for this document.', 'SecurityError');
};

/** A store that works, except for what the test breaks. */
function storeWithout(broken: Partial<KeyStore>, items = new Map<string, string>()): KeyStore {
  return {
    getItem: (name) => items.get(name) ?? null,
    setItem: (name, value) => void items.set(name, value),
    removeItem: (name) => void items.delete(name),
    ...broken,
  };
}

describe('a store of keys', () => {
  test.each([
    ['has no room', storeWithout({ setItem: refuse })],
    ['cannot be read', storeWithout({ getItem: refuse, setItem: refuse })],
    ['lets nothing be removed', storeWithout({ removeItem: refuse })],
    ['throws whatever it is asked', storeWithout({ getItem: refuse, setItem: refuse, removeItem: refuse })],
    ['throws when it is mentioned', refuse],
    ['is not there', () => undefined as unknown as KeyStore],
  ])('sets and removes items if the store below %s', (_, given) => {
    const store = safeStore(given);
    expect(store.getItem('name')).toBeNull();
    for (const value of ['one', 'two']) {
      store.setItem('name', value);
      expect(store.getItem('name')).toBe(value);
    }
    store.removeItem('name');
    expect(store.getItem('name')).toBeNull();
  });

  test('returns the last item set if the store below still has the previous one', () => {
    const items = new Map([['name', 'old']]);
    const store = safeStore(storeWithout({ setItem: refuse, removeItem: refuse }, items));
    expect(store.getItem('name')).toBe('old');
    store.setItem('name', 'new');
    expect(store.getItem('name')).toBe('new');
    store.removeItem('name');
    expect(store.getItem('name')).toBeNull();
  });

  test('uses the store below again once it works', () => {
    const items = new Map<string, string>();
    const below = storeWithout({ setItem: refuse }, items);
    const store = safeStore(below);
    store.setItem('name', 'one');
    below.setItem = (name, value) => void items.set(name, value);
    store.setItem('name', 'two');
    expect(items.get('name')).toBe('two');
    items.set('name', 'of another tab');
    expect(store.getItem('name')).toBe('of another tab');
  });

  test.each([[undefined], [7], [Promise.resolve('later')]])('has nothing if the store below returns %p', (answer) => {
    const store = safeStore(storeWithout({ getItem: () => answer as unknown as string }));
    expect(store.getItem('name')).toBeNull();
  });
});
