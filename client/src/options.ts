import type { Kind, OperationOf, Status } from './api.js';
import type { Following, TransportName } from './channel.js';
import type { Token } from './http.js';
import type { KeyStore } from './key-store.js';
import type { Connect } from './socket-transport.js';

export interface ClientOptions {
  /** The service's address, with its path if any; the page's own origin unless given. */
  url?: string | URL;
  /**
   * Sent as `Authorization: Bearer`, and to the socket with each operation. The client calls a function each time, and
   * when a token that the socket has is about to end: it should answer with one that is valid for more than a minute.
   */
  token?: Token;
  /**
   * Where idempotency keys survive a reload: `sessionStorage` unless given, memory where that throws; `() =>
   * localStorage` shares them among tabs.
   */
  store?: KeyStore | (() => KeyStore);
  /** For HTTP; sockets do not use it, so credentials belong in `token`. */
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
