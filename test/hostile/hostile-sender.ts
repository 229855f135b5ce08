import { once } from 'node:events';
import { Agent, type IncomingMessage, request as send } from 'node:http';
import { WebSocket } from 'ws';
import type { HostileFrames } from './hostile-frames.js';
import type { HostileRequest } from './hostile-requests.js';

export interface Answer {
  /** 0 where the connection ended without one. */
  status: number;
  type: string;
  bytes: number;
  body: string;
}

const ANSWERED_WITHIN_MS = 20_000;
/** How long an endless stream is read. */
const STREAM_READ_MS = 50;
/** What is kept of a body: enough for any problem. */
const KEPT_BYTES = 20_000;

/** Sends requests over a few connections that stay open. */
export class HostileSender {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 8 });

  constructor(private readonly url: string) {}

  close(): void {
    this.agent.destroy();
  }

  /** Throws if there is no answer in time. */
  async ask({ method, target, headers, body }: HostileRequest): Promise<Answer> {
    const { hostname, port } = new URL(this.url);
    const signal = AbortSignal.timeout(ANSWERED_WITHIN_MS);
    const length = body && { 'Content-Length': body.length };
    const sent = send({
      hostname,
      port,
      method,
      path: target.startsWith('/') ? target : `/${target}`,
      headers: { ...headers, ...length },
      agent: this.agent,
      signal,
    });
    sent.end(body);
    try {
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      return await read(response);
    } catch (error) {
      if (signal.aborted) throw new Error(`No answer within ${ANSWERED_WITHIN_MS} ms.`, { cause: error });
      // A service may close a connection on what is no HTTP, or too large; not having it would be a fault of its own.
      return { status: 0, type: '', bytes: 0, body: String((error as NodeJS.ErrnoException).code) };
    }
  }
}

async function read(response: IncomingMessage): Promise<Answer> {
  const type = (response.headers['content-type'] ?? '').split(';')[0] ?? '';
  let bytes = 0;
  let body = '';
  const cut = type === 'text/event-stream' ? setTimeout(() => response.destroy(), STREAM_READ_MS) : undefined;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (body.length < KEPT_BYTES) body += chunk.toString();
  });
  await once(response, 'close');
  clearTimeout(cut);
  return { status: response.statusCode ?? 0, type, bytes, body };
}

/** How a socket is greeted, and how it tells that it has taken everything before. */
export interface Protocol {
  path: string;
  greeting: string;
  greeted: RegExp;
  question: string;
  answered: RegExp;
}

const NONE = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';

export const SOCKET_IO: Protocol = {
  path: '/socket.io/?EIO=4&transport=websocket',
  greeting: '40/operations,',
  greeted: /^40\/operations,/,
  question: `42/operations,987654321["leave",{"operationId":"${NONE}"}]`,
  answered: /^43\/operations,987654321\[/,
};

export const HUB: Protocol = {
  path: '/hubs/operations',
  greeting: '{"protocol":"json","version":1}\x1e',
  greeted: /^\{\}/,
  question: `{"type":1,"invocationId":"987654321","target":"Leave","arguments":["${NONE}"]}\x1e`,
  answered: /"invocationId":"987654321"/,
};

/** Sends frames over a WebSocket, which it opens again where the service has closed it. */
export class HostileSocket {
  private socket: WebSocket | undefined;
  private taken: string[] = [];

  constructor(
    private readonly url: string,
    private readonly protocol: Protocol,
  ) {}

  close(): void {
    this.socket?.terminate();
    this.socket = undefined;
  }

  /** What the service sent until it had taken them all, or closed the connection. */
  async send(frames: HostileFrames): Promise<string[]> {
    const socket = await this.opened();
    this.taken = [];
    for (const frame of frames) socket.send(frame);
    socket.send(this.protocol.question);
    if (!(await this.until(socket, this.protocol.answered))) this.close();
    return this.taken;
  }

  private async opened(): Promise<WebSocket> {
    if (this.socket?.readyState === WebSocket.OPEN) return this.socket;
    const socket = new WebSocket(this.url.replace('http', 'ws') + this.protocol.path);
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => this.taken.push(data.toString()));
    await once(socket, 'open');
    socket.send(this.protocol.greeting);
    if (!(await this.until(socket, this.protocol.greeted))) throw new Error('The service did not greet a new socket.');
    return socket;
  }

  /** Whether it came before the connection was closed. Throws if neither did in time. */
  private until(socket: WebSocket, awaited: RegExp): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`No answer within ${ANSWERED_WITHIN_MS} ms.`)),
        ANSWERED_WITHIN_MS,
      );
      const end = (found: boolean) => {
        clearTimeout(timer);
        socket.off('message', look).off('close', gone);
        resolve(found);
      };
      const gone = () => end(false);
      const look = (data: Buffer) => awaited.test(data.toString()) && end(true);
      socket.on('message', look);
      socket.once('close', gone);
    });
  }
}
