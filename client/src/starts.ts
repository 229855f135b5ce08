import type { Kind, Operation } from './api.js';
import type { Credentials } from './credentials.js';
import type { Http } from './http.js';
import { type Intent, type Intents, unnamed } from './intents.js';
import { heldLock } from './locks.js';
import type { Started } from './options.js';
import { hasCode, isFinal, OutcomeError } from './outcome-error.js';
import { pathOf } from './poll-transport.js';

const SECONDS = 1000;
const LOCK_WITHIN_MS = 5 * SECONDS;

/** Starts each intent once, through double clicks in several tabs, reloads and lost answers. */
export class Starts {
  constructor(
    private readonly intents: Intents,
    private readonly credentials: Credentials,
    private readonly http: Http,
    private readonly received: (operation: Operation) => Operation,
  ) {}

  /** The operation that the intent's present attempt has started, or starts now with this body or start token. */
  async start(body: string, signal: AbortSignal, intent?: string, startToken?: string): Promise<Operation> {
    const name = intent ?? unnamed(body);
    // Two tabs that share a store would each make a key. A lock that is denied or held for long is not needed: by then
    // its holder has stored its key, which leads to the same operation.
    const before = AbortSignal.any([signal, AbortSignal.timeout(LOCK_WITHIN_MS)]);
    const letGo = await heldLock(`outcome.intent:${name}`, { signal: before }, before);
    try {
      signal.throwIfAborted();
      const underway = this.intents.find(name);
      if (underway && underway.body !== body) await this.makeWay(name, underway, signal);
      const kept = this.intents.find(name);
      if (kept?.startToken) return await this.find(name, kept, signal);
      return await this.send(name, kept ?? this.intents.make(name, body, startToken), signal, !kept);
    } finally {
      letGo?.();
    }
  }

  /** The operation last started for an intent, if any. */
  async resume(name: string, signal: AbortSignal): Promise<Operation | undefined> {
    const found = this.intents.last(name);
    if (!found) return undefined;
    return this.find(name, found, signal).catch((error: unknown) => {
      // The operation ended without success and the service no longer has it: nothing is left to show.
      if (!found.ended || !hasCode(error, 'operation_not_found')) throw error;
      this.intents.forget(name);
      return undefined;
    });
  }

  async get(id: string, signal: AbortSignal): Promise<Operation> {
    return this.received(await this.http.ask<Operation>(pathOf(id), { signal }));
  }

  /** The operation of an attempt, which may not have reached the service yet. */
  private async find(name: string, attempt: Intent, signal: AbortSignal): Promise<Operation> {
    if (!attempt.id) return this.send(name, attempt, signal);
    return this.get(attempt.id, signal).catch((error: unknown) => {
      // The start token, sent again, gets another watch token.
      if (attempt.startToken && hasCode(error, 'credentials_expired')) return this.send(name, attempt, signal);
      throw error;
    });
  }

  /** Frees the intent for another request if its earlier operation ended without success. */
  private async makeWay(name: string, underway: Intent, signal: AbortSignal): Promise<void> {
    const operation = await this.resume(name, signal).catch((error: unknown) => {
      if (!isRefusedForGood(error)) throw error;
      return undefined;
    });
    if (operation && (!operation.done || operation.status === 'success')) {
      const message =
        `"${name}" was started with other input: operation ${operation.id} is ${operation.status}. Follow it, ` +
        'or cancel it.';
      throw new OutcomeError('intent_underway', message, { operation });
    }
    this.intents.drop(name, underway);
  }

  private async send(name: string, intent: Intent, signal: AbortSignal, isNew = false): Promise<Operation> {
    const { key, body, startToken } = intent;
    const request = startToken ? { token: startToken } : { headers: { 'Idempotency-Key': key }, body };
    const asked = { method: 'POST', signal, ...request } as const;
    const started = await this.http.ask<Started<Kind>>('/api/operations', asked).catch((error: unknown) => {
      if (isRefusedForGood(error, isNew)) this.intents.drop(name, intent);
      throw error;
    });
    const { watchToken, ...operation } = started;
    this.intents.started(name, intent, operation.id);
    if (watchToken) this.credentials.receive(operation.id, watchToken);
    this.received(operation);
    return started;
  }
}

/**
 * The service refused the request itself: nothing has started or will start under its key. Nor has a new one whose
 * caller was refused, if it was sent once.
 */
const isRefusedForGood = (error: unknown, isNew = false) =>
  isFinal(error) &&
  [400, 413, 415, 422, ...(isNew && !error.repeated ? [401, 403] : [])].includes(error.status) &&
  error.code !== 'idempotency_key_reused';
