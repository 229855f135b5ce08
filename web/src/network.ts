import { type Connect, openSocket, type Problem } from '@outcome/client';

export interface Message {
  id: number;
  at: number;
  direction: 'sent' | 'received';
  /** The first line: method and path, status, or the event's name. */
  title: string;
  headers: [name: string, value: string][];
  body: string | undefined;
}

/** The service lets the caller not do something: now, with these credentials, or as often. */
export interface FailedAnswer {
  problem: Problem;
  /** Seconds; 0 if not said. */
  retryAfter: number;
  /** The header that was refused; undefined of a socket. */
  authorization: string | undefined;
}

const REFUSES = [401, 403, 429];
/** Fields that are credentials. */
const NOT_SHOWN = new Set(['startToken', 'watchToken', 'token']);
const MOST_MESSAGES = 100;
const SHOWN_HEADERS = [
  'authorization',
  'content-type',
  'idempotency-key',
  'if-none-match',
  'prefer',
  'accept',
  'etag',
  'location',
  'retry-after',
  'idempotent-replayed',
  'preference-applied',
];

/** Types of packets (github.com/socketio/socket.io-protocol). */
const EVENT = 2;
const ACK = 3;

type Socket = Awaited<ReturnType<Connect>>;

/** The network of the page's clients: the page can cut it and read its traffic. */
export class Network {
  private cutting = new AbortController();
  private readonly sockets = new Set<Socket>();
  private readonly listeners = new Set<() => void>();
  private next = 1;
  isCut = false;
  messages: readonly Message[] = [];
  onProblem: (answer: FailedAnswer) => void = () => undefined;

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };

  cut(isCut: boolean): void {
    this.isCut = isCut;
    if (isCut) {
      this.cutting.abort(new TypeError('The network was cut.'));
      for (const socket of this.sockets) socket.disconnect();
    } else {
      this.cutting = new AbortController();
      // A browser sends this event when its own network is back.
      window.dispatchEvent(new Event('online'));
    }
    this.notify();
  }

  clear(): void {
    this.messages = [];
    this.notify();
  }

  /** A `fetch` over this network; `onRequest` counts its requests. */
  fetchFor(onRequest: () => void, isLogged = false): typeof fetch {
    return async (address, init) => {
      onRequest();
      const { pathname, search } = new URL(address instanceof Request ? address.url : address, location.href);
      if (isLogged)
        this.log(
          'sent',
          `${init?.method ?? 'GET'} ${pathname}${search}`,
          shownHeadersOf(new Headers(init?.headers)),
          textOf(init?.body),
        );
      this.cutting.signal.throwIfAborted();
      const signal = init?.signal ? AbortSignal.any([init.signal, this.cutting.signal]) : this.cutting.signal;
      const response = await fetch(address, { ...init, signal });
      if (isLogged) void this.logAnswer(response.clone(), pathname);
      if (REFUSES.includes(response.status))
        void this.tell(response.clone(), new Headers(init?.headers).get('authorization') ?? '');
      return response;
    };
  }

  /** Sockets over this network. */
  connectFor(onRequest: () => void, isLogged = false): Connect {
    return async (url, options) => {
      const socket = await openSocket(url, options);
      const connect = socket.connect.bind(socket);
      socket.connect = () => {
        onRequest();
        if (!this.isCut) return connect();
        for (const refuse of socket.listeners('connect_error'))
          queueMicrotask(() => refuse(new Error('The network was cut.')));
        return socket;
      };
      socket.on('connect', () => this.sockets.add(socket)).on('disconnect', () => this.sockets.delete(socket));
      socket.onAnyOutgoing((name: string, body: unknown) => {
        onRequest();
        if (isLogged) this.log('sent', name, [], pretty(body));
      });
      socket.on('connect_error', (error: Error & { data?: Problem }) => this.tellOf(error.data));
      socket.io.on('packet', ({ type, data }: { type: number; data?: unknown }) => {
        if (isLogged) this.logPacket({ type, data });
        if (type === ACK && Array.isArray(data)) this.tellOf((data[0] as { problem?: Problem } | undefined)?.problem);
      });
      return socket;
    };
  }

  private async tell(response: Response, authorization: string): Promise<void> {
    const problem = (await response.json().catch(() => undefined)) as Problem | undefined;
    const retryAfter = Number(response.headers.get('retry-after'));
    if (problem?.code) this.onProblem({ problem, retryAfter, authorization });
  }

  private tellOf(problem: Problem | undefined): void {
    if (problem && REFUSES.includes(problem.status))
      this.onProblem({ problem, retryAfter: 0, authorization: undefined });
  }

  private async logAnswer(response: Response, path: string): Promise<void> {
    const isStream = response.headers.get('content-type')?.includes('event-stream');
    const text = isStream ? undefined : await response.text().catch(() => undefined);
    const body = text ? pretty(text.startsWith('{') ? (JSON.parse(text) as unknown) : text) : undefined;
    this.log('received', `${response.status} ${path}`, shownHeadersOf(response.headers), body);
  }

  /** Logs what the server sent: its events, and its answers to the client's. */
  private logPacket({ type, data }: { type: number; data?: unknown }): void {
    if (!Array.isArray(data) || (type !== EVENT && type !== ACK)) return;
    const [name, body] = (type === ACK ? ['acknowledged', data[0]] : data) as [string, unknown];
    this.log('received', name, [], pretty(body));
  }

  private log(
    direction: Message['direction'],
    title: string,
    headers: Message['headers'],
    body: string | undefined,
  ): void {
    const message = { id: this.next++, at: Date.now(), direction, title, headers, body };
    this.messages = [message, ...this.messages].slice(0, MOST_MESSAGES);
    this.notify();
  }

  private notify(): void {
    for (const listener of this.listeners) listener();
  }
}

const shownHeadersOf = (headers: Headers): Message['headers'] =>
  [...headers]
    .filter(([name]) => SHOWN_HEADERS.includes(name))
    .map(([name, value]) => [name, name === 'authorization' ? 'Bearer …' : value]);

const textOf = (body: unknown) => (typeof body === 'string' ? pretty(JSON.parse(body)) : undefined);

const shown = (name: string, value: unknown) => (NOT_SHOWN.has(name) && value !== undefined ? '…' : value);

const pretty = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value, shown, 2));
