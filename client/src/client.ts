import {
  type InputOf,
  type Kind,
  type KindDescription,
  type Operation,
  type OperationEvent,
  type OperationHistory,
  type OperationInspection,
  type OperationList,
  type OperationStatistics,
  type PaymentProvider,
  withMetadata,
} from './api.js';
import { Channel, NOTHING, type Transport, type Transports } from './channel.js';
import { claimsOf, Credentials } from './credentials.js';
import { Http, type Request, type Token, tokenOf } from './http.js';
import { Intents } from './intents.js';
import { HeldConnections } from './held-connections.js';
import { safeStore } from './key-store.js';
import type { CallOptions, ClientOptions, Follow, ListQuery, Started, StartOptions } from './options.js';
import { hasCode, isRetryable, OutcomeError } from './outcome-error.js';
import { Connectivity, until } from './connectivity.js';
import { look, pathOf, PollTransport } from './poll-transport.js';
import { SocketTransport } from './socket-transport.js';
import { SseTransport } from './sse-transport.js';
import { Starts } from './starts.js';

/**
 * Starts operations, follows them to their end and cancels them. All calls reject with an OutcomeError, or with the
 * reason of their signal.
 */
export class Client {
  private readonly network = new Connectivity();
  private readonly intents: Intents;
  private readonly credentials: Credentials;
  private readonly http: Http;
  private readonly starts: Starts;
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
    this.starts = new Starts(this.intents, this.credentials, this.http, (operation) => this.received(operation));
    this.transports = {
      inOrder: transports.map((name): Transport => {
        if (name === 'socket') return new SocketTransport(origin, path, this.credentials, this.network, connect);
        return name === 'sse'
          ? new SseTransport(this.http, held)
          : new PollTransport(name, this.http, this.network, held);
      }),
      hasFixedToken: typeof token === 'string',
      look: (channel, signal) => look(this.http, channel, signal),
      history: (id, options) => this.history(id, options),
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
    return this.starts.start(body, this.until(signal), intent) as Promise<Started<K>>;
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
    const both = this.until(signal);
    const token = await tokenOf(startToken, both);
    const body = JSON.stringify(claimsOf(token).start);
    if (!body) throw new TypeError('Expected a start token.');
    return this.starts.start(body, both, intent, token) as Promise<Started<K>>;
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
    return this.starts.resume(intent, this.until(signal));
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
      if (!hasCode(error, 'operation_already_ended')) throw error;
      const operation = await this.get(id, { signal });
      // This call canceled it; its first answer was lost.
      if (operation.status === 'canceled') return operation;
      throw Object.assign(error, { operation });
    }
  }

  get(id: string, { signal }: CallOptions = {}): Promise<Operation> {
    return this.starts.get(id, this.until(signal));
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
  list({ signal, ...query }: ListQuery = {}): Promise<OperationList> {
    // JSON omits undefined values; the parameters of a URL join the statuses with commas.
    const given = JSON.parse(JSON.stringify(query)) as Record<string, string>;
    return this.ask(`/api/operations?${new URLSearchParams(given)}`, { signal });
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

  private ask<Body>(path: string, request: Omit<Request, 'signal'> & CallOptions): Promise<Body> {
    return this.http.ask(path, { ...request, signal: this.until(request.signal) });
  }

  private channelOf(id: string): Channel {
    const known = this.channels.get(id);
    if (known) return known;
    const onIdle = () => this.channels.get(id) === channel && this.channels.delete(id);
    const channel: Channel = new Channel(
      id,
      this.transports,
      this.network,
      (operation) => this.intents.ending(operation),
      onIdle,
    );
    if (this.closing.signal.aborted) channel.fail(this.closing.signal.reason as OutcomeError);
    this.channels.set(id, channel);
    return channel;
  }

  private received(operation: Operation): Operation {
    this.channels.get(operation.id)?.receive(operation);
    this.intents.ending(operation);
    return operation;
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

const BEST_FIRST = ['socket', 'sse', 'poll'] as const;

const globalFetch: typeof fetch = (...request) => fetch(...request);

function addressOf(url: string | URL): URL {
  const page = globalThis.location as Location | undefined;
  if (page || URL.canParse(url)) return new URL(url, page?.href);
  throw new TypeError(
    `Expected an address, found "${String(url)}": outside a page, createClient({ url: 'https://…' }).`,
  );
}
