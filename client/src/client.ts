import {
  type InputOf,
  type Kind,
  type KindDescription,
  type Operation,
  type OperationEvent,
  type OperationHistory,
  type OperationInspection,
  type OperationList,
  type OperationOf,
  type OperationStatistics,
  type PaymentProvider,
  type Status,
  withMetadata,
} from './api.js';
import { Channel, type Following, NOTHING, type TransportName, type Transport, type Transports } from './channel.js';
import { claimsOf, Credentials } from './credentials.js';
import { Http, type Request, type Token, tokenOf } from './http.js';
import { type Intent, Intents, unnamed } from './intents.js';
import { HeldConnections } from './held-connections.js';
import { type KeyStore, safeStore } from './key-store.js';
import { heldLock } from './locks.js';
import { isFinal, isRetryable, OutcomeError } from './outcome-error.js';
import { Connectivity, until } from './connectivity.js';
import { look, pathOf, PollTransport } from './poll-transport.js';
import { type Connect, SocketTransport } from './socket-transport.js';
import { SseTransport } from './sse-transport.js';

export interface ClientOptions {
  /** The service's address, with its path if any; the page's own origin unless given. */
  url?: string | URL;
  /**
   * Sent as `Authorization: Bearer` and in the socket's `auth`. The client calls a function each time, so that it can
   * renew an expired token.
   */
  token?: Token;
  /**
   * Where idempotency keys survive a reload: `sessionStorage` unless given, memory where that throws; `() =>
   * localStorage` shares them among tabs.
   */
  store?: KeyStore | (() => KeyStore);
  fetch?: typeof globalThis.fetch;
  /** Opens sockets: `openSocket` unless given. */
  connect?: Connect;
  /** How to follow an operation, the best first: `socket`, `sse` and `poll` unless given; `wait` is a long poll. */
  transports?: readonly TransportName[];
}

export interface CallOptions {
  signal?: AbortSignal | undefined;
}

export interface StartOptions extends CallOptions {
  /**
   * Names what the user wants to happen once, such as an order's number. An intent has one operation, however often it
   * is started, until that operation ends without success. By default, equal kind, input and metadata are one intent
   * until the operation has ended.
   */
  intent?: string | undefined;
  /** Notes of the client's own: up to 50 keys of 40 characters, values of 500. */
  metadata?: Record<string, string> | undefined;
  /** Seconds after which it expires, unless it has taken effect by then. */
  expiresIn?: number | undefined;
  /** Whether the operation's watch token may cancel it. */
  cancelable?: boolean | undefined;
}

/** Where access is closed, a start answers with what shows its operation alone to a page. */
export type Started<K extends Kind> = OperationOf<K> & { watchToken?: string };

export interface ListQuery extends CallOptions {
  status?: readonly Status[] | undefined;
  kind?: string | undefined;
  /** Only operations that need an operator's attention. */
  attention?: boolean | undefined;
  /** The `nextCursor` of an earlier page. */
  cursor?: string | undefined;
  /** Up to 100; 20 unless given. */
  limit?: number | undefined;
}

/** The present state of an operation, and a call on each change: the shape that `useSyncExternalStore` expects. */
export interface Follow {
  subscribe: (listener: () => void) => () => void;
  getSnapshot: () => Following;
}

/**
 * Starts operations, follows them to their end and cancels them. All calls reject with an OutcomeError, or with the
 * reason of their signal.
 */
export class Client {
  private readonly network = new Connectivity();
  private readonly intents: Intents;
  private readonly credentials: Credentials;
  private readonly http: Http;
  private readonly transports: Transports;
  private readonly channels = new Map<string, Channel>();
  private readonly closing = new AbortController();

  constructor({
    url = '/',
    token,
    store = () => sessionStorage,
    fetch = globalFetch,
    connect,
    transports = BEST_FIRST,
  }: ClientOptions) {
    const { origin, pathname } = addressOf(url);
    const path = pathname.replace(/\/+$/, '');
    const base = origin + path;
    const held = new HeldConnections(base);
    this.intents = new Intents(safeStore(store));
    this.credentials = new Credentials(token, this.intents);
    this.http = new Http(base, fetch, this.credentials, this.network);
    this.transports = {
      inOrder: transports.map((name): Transport => {
        if (name === 'socket') return new SocketTransport(origin, path, this.credentials, this.network, connect);
        return name === 'sse'
          ? new SseTransport(this.http, held)
          : new PollTransport(name, this.http, this.network, held);
      }),
      hasFixedToken: typeof token === 'string',
      look: (channel, signal) => look(this.http, channel, signal),
      history: async (id, afterVersion, signal) =>
        (await this.history(id, { afterVersion, signal })).map(({ operation }) => operation),
      renew: (id, signal) => this.renew(id, signal),
    };
  }

  /**
   * Starts an operation once: a double click, a reload or a lost answer leads to the same one. Retries for a minute.
   * @throws OutcomeError `unreachable`: the operation may have started; start it again with the same input to get the
   * same one.
   *   `intent_underway`: something else was started for this intent; see `operation`.
   */
  async start<K extends Kind>(
    kind: K,
    input: InputOf<K>,
    { intent, signal, ...options }: StartOptions = {},
  ): Promise<Started<K>> {
    const body = bodyOf(kind, input, options);
    return this.begin(intent ?? unnamed(body), body, undefined, signal) as Promise<Started<K>>;
  }

  /**
   * Starts what a start token holds, which a shop's backend has decided: as `start` does, also if the page got several
   * tokens for the same start. The client without a `token` of its own then follows it, and cancels it if the token
   * allows, with the operation's watch token.
   * @throws OutcomeError as `start`, and `credentials_expired`: get another start token. If that is refused so, too, an
   *   earlier attempt had no answer and may have started: the backend knows.
   */
  async startWith<K extends Kind = Kind>(
    startToken: Token,
    { intent, signal }: Pick<StartOptions, 'intent' | 'signal'> = {},
  ): Promise<Started<K>> {
    const token = await tokenOf(startToken, this.until(signal));
    const body = JSON.stringify(claimsOf(token).start);
    if (!body) throw new TypeError('Expected a start token.');
    return this.begin(intent ?? unnamed(body), body, token, signal) as Promise<Started<K>>;
  }

  /** For a shop's backend: a token with which a page can start exactly this, once, within 15 minutes. */
  async createStartToken<K extends Kind>(
    kind: K,
    input: InputOf<K>,
    { signal, ...options }: Omit<StartOptions, 'intent'> = {},
  ): Promise<string> {
    const request = { method: 'POST', body: bodyOf(kind, input, options), signal } as const;
    return (await this.ask<{ startToken: string }>('/api/start-tokens', request)).startToken;
  }

  /** After a reload: the operation last started for an intent, if any, even if it has ended. */
  async resume(intent: string, { signal }: CallOptions = {}): Promise<Operation | undefined> {
    const found = this.intents.last(intent);
    if (!found) return undefined;
    if (found.id === undefined) return this.send(intent, found, signal);
    return this.get(found.id, { signal }).catch((error: unknown) => {
      if (!isFinal(error)) throw error;
      // The start token, sent again, gets another watch token.
      if (error.code === 'credentials_expired' && found.startToken) return this.send(intent, found, signal);
      // The operation ended without success and the service no longer has it: nothing is left to show.
      if (!found.ended || error.code !== 'operation_not_found') throw error;
      this.forget(intent);
      return undefined;
    });
  }

  /**
   * Forgets an intent's operation that ended without success, for example once the user has read why: `resume` no
   * longer finds it.
   */
  forget(intent: string): void {
    this.intents.forget(intent);
  }

  /** Every version of an operation after the given one (0: from its start), in order and once, up to its ending. */
  async *watch(
    id: string,
    { afterVersion = 0, signal }: CallOptions & { afterVersion?: number | undefined } = {},
  ): AsyncGenerator<Operation, void, undefined> {
    yield* this.channelOf(id).versionsAfter(afterVersion, this.until(signal));
  }

  /** The operation once it has ended, with or without success. */
  outcome(id: string, { signal }: CallOptions = {}): Promise<Operation> {
    return this.channelOf(id).ending(this.until(signal));
  }

  /** The operation as known now, and a call whenever it changes. The client follows it while it has a subscriber. */
  follow(id: string): Follow {
    return {
      subscribe: (listener) => this.channelOf(id).subscribe(listener),
      getSnapshot: () => this.channels.get(id)?.following ?? NOTHING,
    };
  }

  /**
   * Requests to cancel an operation. A waiting one is canceled at once; otherwise follow it, since an effect already
   * taken wins.
   * @throws OutcomeError `operation_already_ended`, with the `operation`.
   */
  async cancel(id: string, { signal }: CallOptions = {}): Promise<Operation> {
    try {
      return this.received(await this.ask<Operation>(`${pathOf(id)}/cancel`, { method: 'POST', signal }));
    } catch (error) {
      if (!isFinal(error) || error.code !== 'operation_already_ended') throw error;
      const operation = await this.get(id, { signal });
      // This call canceled it; its first answer was lost.
      if (operation.status === 'canceled') return operation;
      throw new OutcomeError(error.code, error.message, { problem: error.problem, operation });
    }
  }

  async get(id: string, { signal }: CallOptions = {}): Promise<Operation> {
    return this.received(await this.ask<Operation>(pathOf(id), { signal }));
  }

  /** The events of an operation after a version, with the details of each. */
  async history(
    id: string,
    { afterVersion = 0, signal }: CallOptions & { afterVersion?: number | undefined } = {},
  ): Promise<OperationEvent[]> {
    const events: OperationEvent[] = [];
    for (let after: number | null = afterVersion; after !== null;) {
      const page: OperationHistory = await this.ask(`${pathOf(id)}/events?after=${after}`, { signal });
      events.push(...page.items.map((event) => withMetadata(event, page.metadata)));
      after = page.next;
    }
    return events;
  }

  /** A page of operations, newest first. */
  list({ signal, status, ...query }: ListQuery = {}): Promise<OperationList> {
    // JSON omits undefined values.
    const given = JSON.parse(JSON.stringify({ ...query, status: status?.join(',') })) as Record<string, string>;
    return this.ask(`/api/operations?${new URLSearchParams(given).toString()}`, { signal });
  }

  /** Details that customers should not see: the operation's input, attempts and what it waits for. */
  inspect(id: string, { signal }: CallOptions = {}): Promise<OperationInspection> {
    return this.ask(`${pathOf(id)}/inspection`, { signal });
  }

  /** Every kind of operation that the service knows, including internal ones. */
  async kinds({ signal }: CallOptions = {}): Promise<KindDescription[]> {
    return (await this.ask<{ items: KindDescription[] }>('/api/kinds', { signal })).items;
  }

  /** The provider of new charges, and whether real money moves. */
  paymentProvider({ signal }: CallOptions = {}): Promise<PaymentProvider> {
    return this.ask('/api/payments/provider', { signal });
  }

  /** How many operations started and ended over the last minutes, and how long they took. */
  statistics({
    minutes = 15,
    signal,
  }: CallOptions & { minutes?: number | undefined } = {}): Promise<OperationStatistics> {
    return this.ask(`/api/operations/statistics?minutes=${minutes}`, { signal });
  }

  /** Ends every call and every watch, and closes the socket. */
  close(): void {
    const error = new OutcomeError('closed', 'The client was closed.');
    this.closing.abort(error);
    for (const channel of this.channels.values()) channel.fail(error);
  }

  /** Frees the intent for another request if its earlier operation ended without success. */
  private async makeWay(name: string, underway: Intent, signal: AbortSignal | undefined): Promise<void> {
    const operation = await this.resume(name, { signal }).catch((error: unknown) => {
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

  private begin(
    name: string,
    body: string,
    startToken: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Operation> {
    return oneTabAtATime(name, this.until(signal), async () => {
      const underway = this.intents.find(name);
      if (underway && underway.body !== body) await this.makeWay(name, underway, signal);
      const kept = this.intents.find(name);
      if (kept?.startToken && kept.id) return this.get(kept.id, { signal });
      return this.send(name, kept ?? this.intents.make(name, body, startToken), signal, !kept);
    });
  }

  private async send(name: string, intent: Intent, signal: AbortSignal | undefined, isNew = false): Promise<Operation> {
    const { key, body, startToken } = intent;
    const request: Pick<Request, 'headers' | 'body'> = startToken
      ? { headers: { Authorization: `Bearer ${startToken}` } }
      : { headers: { 'Idempotency-Key': key }, body };
    const asked = { method: 'POST', signal, ...request } as const;
    const started = await this.ask<Started<Kind>>('/api/operations', asked).catch((error: unknown) => {
      if (isRefusedForGood(error, isNew)) this.intents.drop(name, intent);
      throw error;
    });
    const { watchToken, ...operation } = started;
    this.intents.started(name, intent, operation.id);
    if (watchToken) this.credentials.receive(operation.id, watchToken);
    this.received(operation);
    return started;
  }

  private async renew(id: string, signal: AbortSignal): Promise<void> {
    for (let isLater = true; isLater && this.credentials.watchTokenOf(id);) {
      await until(signal, () => () => undefined, this.credentials.renewIn(id));
      try {
        const renewed: { watchToken: string } = await this.ask(`${pathOf(id)}/watch-token`, { method: 'POST', signal });
        isLater = this.credentials.receive(id, renewed.watchToken);
      } catch (error) {
        // Aborted, ended or renewed for a day: the end of the token says why there is no other.
        if (!isRetryable(error)) return;
      }
    }
  }

  private async ask<Body>(path: string, request: Omit<Request, 'signal'> & CallOptions): Promise<Body> {
    const release = this.network.use();
    try {
      return (await this.http.ask<Body>(path, { ...request, signal: this.until(request.signal) })).body;
    } finally {
      release();
    }
  }

  private channelOf(id: string): Channel {
    const known = this.channels.get(id);
    if (known) return known;
    const onIdle = () => this.channels.get(id) === channel && this.channels.delete(id);
    const channel: Channel = new Channel(
      id,
      this.transports,
      this.network,
      (operation) => this.noteEnding(operation),
      onIdle,
    );
    if (this.closing.signal.aborted) channel.fail(this.closing.signal.reason as OutcomeError);
    this.channels.set(id, channel);
    return channel;
  }

  private received(operation: Operation): Operation {
    this.channels.get(operation.id)?.receive(operation);
    this.noteEnding(operation);
    return operation;
  }

  private noteEnding(operation: Operation): void {
    if (operation.done) this.intents.ending(operation);
  }

  /** A signal per call: Node warns of a leak when one signal has more than ten listeners. */
  private until(signal: AbortSignal | undefined): AbortSignal {
    return AbortSignal.any([this.closing.signal, ...(signal ? [signal] : [])]);
  }
}

const bodyOf = (
  kind: Kind,
  input: unknown,
  { metadata, expiresIn, cancelable }: Omit<StartOptions, 'intent' | 'signal'>,
) => JSON.stringify({ kind, input, metadata, expiresIn, cancelable });

export const createClient = (options: ClientOptions = {}): Client => new Client(options);

/**
 * Serializes starts among tabs: two tabs that share a store would each make a key for the same intent. A start proceeds
 * without a lock that is denied or held for long: by then its holder has stored its key, which leads to the same
 * operation.
 */
async function oneTabAtATime<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const before = AbortSignal.any([signal, AbortSignal.timeout(LOCK_WITHIN_MS)]);
  const letGo = await heldLock(`outcome.intent:${name}`, { signal: before }, before);
  try {
    signal.throwIfAborted();
    return await work();
  } finally {
    letGo?.();
  }
}

const LOCK_WITHIN_MS = 5000;

const BEST_FIRST = ['socket', 'sse', 'poll'] as const;

const globalFetch: typeof fetch = (...request) => fetch(...request);

function addressOf(url: string | URL): URL {
  const page = globalThis.location as Location | undefined;
  if (page || URL.canParse(url)) return new URL(url, page?.href);
  throw new TypeError(
    `Expected where the service is, found "${String(url)}": outside a page, createClient({ url: 'https://…' }).`,
  );
}

/**
 * The service refused the request itself: nothing has started or will start under its key. Nor has a new one whose
 * caller was refused, if it was sent once.
 */
const isRefusedForGood = (error: unknown, isNew = false) =>
  isFinal(error) &&
  [400, 413, 415, 422, ...(isNew && !error.repeated ? [401, 403] : [])].includes(error.status ?? 0) &&
  error.code !== 'idempotency_key_reused';
