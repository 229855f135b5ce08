import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';

/** What happens to a request on the network. */
export type Fault =
  /** The request is lost before it reaches the service. */
  | { type: 'lost' }
  /** The service acts, and its answer is lost. */
  | { type: 'answer lost' }
  /** The answer, socket or stream breaks off after so many bytes. */
  | { type: 'cut'; afterBytes: number }
  /** The request is delayed, so that later ones overtake it. */
  | { type: 'late'; ms: number }
  /** The service receives the request twice. */
  | { type: 'twice' }
  /** A proxy answers in the service's place. */
  | { type: 'answered'; status: 500 | 502 | 503; retryAfter?: number };

export interface ReceivedRequest {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
}

/** A network between a client and the service with planned faults: one per request, in the planned order. */
export class FaultyNetwork {
  readonly requests: ReceivedRequest[] = [];
  private readonly faults: Fault[] = [];
  private readonly connections = new Set<Duplex>();
  private down = false;
  private readonly silent = new WeakSet<Duplex>();
  private streams = 0;
  /** The most event streams that were open at once. */
  mostStreams = 0;
  /** How the network blocks WebSockets and event streams: it refuses them, or accepts them and holds back all data. */
  blocked: { sockets?: 'refused' | 'held'; streams?: 'refused' | 'held' } = {};
  /** The service's path, as behind a proxy that strips it; other paths are not found. */
  prefix = '';

  private constructor(
    private readonly server: Server,
    private target: URL,
  ) {}

  static async before(target: string): Promise<FaultyNetwork> {
    const server = createServer();
    const network = new FaultyNetwork(server, new URL(target));
    server.on('request', (incoming, answer) => void network.pass(incoming, answer));
    server.on('upgrade', (incoming, socket: Duplex, head) => network.upgrade(incoming, socket, head));
    server.on('connection', (socket) => (network.down ? socket.destroy() : network.keep(socket)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return network;
  }

  /** While it is down, it has no connection and accepts none. */
  set isDown(down: boolean) {
    this.down = down;
    if (down) this.break();
  }

  get url(): string {
    const { port } = this.server.address() as { port: number };
    return `http://127.0.0.1:${port}`;
  }

  /** Changes the service's address. */
  leadTo(target: string): void {
    this.target = new URL(target);
  }

  plan(faults: readonly Fault[]): void {
    this.faults.push(...faults);
  }

  /** Keeps every open connection open without data, as for a machine that has slept. */
  silence(): void {
    for (const connection of this.connections) this.silent.add(connection);
  }

  /** Breaks every connection. */
  break(): void {
    for (const connection of this.connections) connection.destroy();
  }

  count(part: string): number {
    return this.requests.filter(({ method, path }) => `${method} ${path}`.includes(part)).length;
  }

  async close(): Promise<void> {
    this.break();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private keep(connection: Duplex): void {
    this.connections.add(connection);
    connection.on('close', () => this.connections.delete(connection)).on('error', () => undefined);
  }

  private async pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = incoming;
    this.requests.push({ method, path: url, headers });
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const isStream = headers.accept === 'text/event-stream';
    if (isStream) {
      this.mostStreams = Math.max(this.mostStreams, (this.streams += 1));
      answer.on('close', () => (this.streams -= 1));
    }
    if (!url.startsWith(`${this.prefix}/`))
      return void answer.writeHead(404, { 'Content-Type': 'text/html' }).end('<h1>Not here</h1>');
    if (isStream && this.blocked.streams)
      return this.blocked.streams === 'refused' ? void answer.writeHead(403).end('No streams here.') : undefined;
    const fault = this.faults.shift();
    const forward = (onAnswer: (upstream: IncomingMessage) => void) =>
      this.forward(incoming, Buffer.concat(chunks), answer, onAnswer);
    switch (fault?.type) {
      case 'lost':
        return void answer.destroy();
      case 'answered':
        return void answer
          .writeHead(fault.status, {
            'Content-Type': 'text/html',
            ...(fault.retryAfter !== undefined && { 'Retry-After': fault.retryAfter }),
          })
          .end('<h1>Something between</h1>');
      case 'late':
        await wait(fault.ms);
        return forward((upstream) => relay(upstream, answer));
      case 'twice':
        forward((upstream) => upstream.resume());
        return forward((upstream) => relay(upstream, answer));
      case 'answer lost':
        return forward((upstream) => {
          upstream.resume();
          answer.destroy();
        });
      case 'cut':
        return forward((upstream) => relay(upstream, answer, fault.afterBytes));
      case undefined:
        return forward((upstream) => relay(upstream, answer));
    }
  }

  private forward(
    { method, url, headers }: IncomingMessage,
    body: Buffer,
    answer: ServerResponse,
    onAnswer: (upstream: IncomingMessage) => void,
  ): void {
    const { hostname, port } = this.target;
    const upstream = request(
      {
        hostname,
        port,
        method,
        path: url?.slice(this.prefix.length),
        headers: { ...headers, host: this.target.host },
        agent: false,
      },
      onAnswer,
    );
    upstream.on('error', () => answer.destroy());
    answer.on('close', () => upstream.destroy());
    upstream.end(body);
  }

  private upgrade(incoming: IncomingMessage, client: Duplex, head: Buffer): void {
    this.requests.push({ method: 'UPGRADE', path: incoming.url ?? '', headers: incoming.headers });
    if (this.blocked.sockets === 'held') return;
    const fault = this.faults.shift();
    const isElsewhere = !incoming.url?.startsWith(`${this.prefix}/`);
    if (isElsewhere || this.blocked.sockets === 'refused' || fault?.type === 'lost' || fault?.type === 'answered')
      return void client.end('HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n');
    const upstream = connect(Number(this.target.port), this.target.hostname);
    this.keep(upstream);
    const lines = incoming.rawHeaders.flatMap((name, index, all) =>
      index % 2 === 0 ? [`${name}: ${all[index + 1]}`] : [],
    );
    upstream.write(
      `${incoming.method} ${(incoming.url ?? '').slice(this.prefix.length)} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`,
    );
    upstream.write(head);
    this.join(client, upstream);
    this.join(upstream, client, fault?.type === 'cut' ? fault.afterBytes : Infinity);
  }

  private join(from: Duplex | Socket, to: Duplex | Socket, breaksAfter = Infinity): void {
    let passed = 0;
    from.on('data', (chunk: Buffer) => {
      if (this.silent.has(from) || this.silent.has(to)) return;
      passed += chunk.length;
      to.write(chunk);
      if (passed > breaksAfter) from.destroy();
    });
    from.on('close', () => to.destroy()).on('error', () => to.destroy());
  }
}

function relay(upstream: IncomingMessage, answer: ServerResponse, breaksAfter = Infinity): void {
  let passed = 0;
  if (answer.destroyed) return void upstream.destroy();
  answer.writeHead(upstream.statusCode ?? 500, upstream.headers);
  answer.flushHeaders();
  upstream.on('data', (chunk: Buffer) => {
    const part = chunk.subarray(0, Math.max(0, breaksAfter - passed));
    passed += chunk.length;
    answer.write(part);
    if (passed > breaksAfter) setImmediate(() => answer.destroy());
  });
  upstream.on('end', () => answer.end()).on('error', () => answer.destroy());
}
