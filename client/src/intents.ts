import type { Operation } from './api.js';
import { parsed } from './json.js';
import type { KeyStore } from './key-store.js';

const intentItem = (name: string) => `outcome.intent:${name}`;
const operationItem = (id: string) => `outcome.operation:${id}`;
/** A second click within this time belongs to the first, however soon the operation has ended. */
const DOUBLE_CLICK_MS = 1000;

export interface Intent {
  /** The idempotency key. */
  key: string;
  /** The request, as it was first sent. */
  body: string;
  /** The start token that is sent instead of them. */
  startToken?: string | undefined;
  /** The operation that it started, once known. */
  id?: string;
  /** What shows that operation to a client without a token of its own. */
  watchToken?: string | undefined;
  /** The operation ended without success: the entry is kept for display and does not block another attempt. */
  ended?: true;
}

/** Keeps the idempotency key of each intent, so that it happens once, until its operation ends. */
export class Intents {
  private readonly ended = new Map<string, { intent: Intent; at: number }>();

  constructor(private readonly store: KeyStore) {}

  /** The entry of an attempt that is under way. */
  find(name: string): Intent | undefined {
    const last = this.last(name);
    return last && !last.ended ? last : this.recent(name);
  }

  /** The entry started last, even if its operation ended without success. */
  last(name: string): Intent | undefined {
    return intentIn(this.store.getItem(intentItem(name)));
  }

  /** What started an operation. */
  of(id: string): { name: string; intent: Intent } | undefined {
    const name = this.store.getItem(operationItem(id)) ?? '';
    const intent = this.last(name);
    return intent?.id === id ? { name, intent } : undefined;
  }

  make(name: string, body: string, startToken?: string): Intent {
    const intent = { key: randomKey(), body, startToken };
    this.ended.delete(name);
    this.keep(name, intent);
    return intent;
  }

  /** Stores the id of the operation that the intent started. */
  started(name: string, intent: Intent, id: string): void {
    // A second click gets its answer, too, perhaps after the next attempt has begun.
    const last = this.last(name);
    if (last?.key !== intent.key || last.ended) return;
    this.keep(name, { ...intent, id });
  }

  watchedWith(id: string, watchToken: string): void {
    const found = this.of(id);
    if (found) this.keep(found.name, { ...found.intent, watchToken });
  }

  /**
   * Drops the key of an operation if it has ended; after a success only if the intent is unnamed, since an order is
   * paid once. `last` still finds a named intent, so that a reloaded page can say why it was declined.
   */
  ending({ id, status, done }: Operation): void {
    const found = done && this.of(id);
    if (!found || found.intent.ended || (status === 'success' && !isUnnamed(found.name))) return;
    const { name, intent } = found;
    this.drop(name, intent);
    if (!isUnnamed(name)) this.keep(name, { ...intent, ended: true });
    this.ended.set(name, { intent, at: performance.now() });
  }

  drop(name: string, { key }: Intent): void {
    this.ended.delete(name);
    const last = this.last(name);
    if (last?.key !== key) return;
    this.store.removeItem(intentItem(name));
    this.store.removeItem(operationItem(last.id ?? ''));
  }

  /** Forgets an attempt that ended without success. */
  forget(name: string): void {
    const last = this.last(name);
    if (last?.ended) this.drop(name, last);
  }

  private keep(name: string, intent: Intent): void {
    this.store.setItem(intentItem(name), JSON.stringify(intent));
    if (intent.id) this.store.setItem(operationItem(intent.id), name);
  }

  private recent(name: string): Intent | undefined {
    for (const [old, { at }] of this.ended) if (performance.now() - at > DOUBLE_CLICK_MS) this.ended.delete(old);
    return this.ended.get(name)?.intent;
  }
}

const UNNAMED = 'start:';
/** The name of an unnamed intent: its whole request. */
export const unnamed = (body: string) => UNNAMED + body;
const isUnnamed = (name: string) => name.startsWith(UNNAMED);

/** 128 random bits; `crypto.randomUUID` exists in secure contexts only. */
const randomKey = () => crypto.getRandomValues(new Uint32Array(4)).join('-');

function intentIn(text: string | null): Intent | undefined {
  const intent = parsed(text ?? '') as Partial<Intent> | null | undefined;
  return typeof intent?.key === 'string' && typeof intent.body === 'string' ? (intent as Intent) : undefined;
}
