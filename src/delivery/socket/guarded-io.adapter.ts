import type { EventEmitter } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WebSocketServer } from 'ws';
import type { ForeignRequests } from '../../access/foreign-requests.hook.js';
import { repeatedHeaderError } from '../../access/repeated-headers.hook.js';
import { type ForeseenError, problemOf } from '../../problems/problem.js';
import { RefusedRequests } from '../../problems/refused-requests.js';
import { problemHeaders } from '../../problems/send-problem.js';
import { rawProblem } from '../../http/unreadable-requests.hook.js';
import { ClientAddresses } from '../../access/limits/client-addresses.js';
import { CONNECTS_AT_ONCE, CONNECTS_PER_SECOND } from '../limits.js';
import { SocketLimits } from '../socket-limits.js';
import { HubUpgrades } from '../signalr/hub-upgrades.js';
import { TokenBucket } from '../token-bucket.js';
import { declineUpgrades, type UpgradeListener } from './declined-upgrades.hook.js';

/** Untyped part of engine.io. */
interface EngineSocket extends EventEmitter {
  request: IncomingMessage;
  close(discard: boolean): void;
}

type Create = IoAdapter['createIOServer'];
type Bind = IoAdapter['bindMessageHandlers'];

/** Applies the access rules to Socket.IO's requests, which Fastify's hooks never see. */
export class GuardedIoAdapter extends IoAdapter {
  private readonly addresses: ClientAddresses;
  private readonly refusedRequests: RefusedRequests;
  private limits!: SocketLimits;
  /** Engine.IO asks once more about upgrades. */
  private readonly admitted = new WeakSet<IncomingMessage>();

  constructor(
    private readonly app: INestApplication,
    private readonly foreign: ForeignRequests,
    private readonly allowedOrigins: readonly string[],
  ) {
    super(app);
    this.addresses = app.get(ClientAddresses, { strict: false });
    this.refusedRequests = app.get(RefusedRequests, { strict: false });
  }

  override createIOServer(port: number, options?: Parameters<Create>[1]): ReturnType<Create> {
    this.limits = this.app.get(SocketLimits, { strict: false });
    const cors = this.allowedOrigins.length > 0 && { cors: { origin: [...this.allowedOrigins] } };
    // Unlike the one in engine.io, it ends a connection that sends pings and takes no answers.
    const wsEngine = WebSocketServer;
    const io = super.createIOServer(port, { ...options, ...cors, wsEngine } as Parameters<Create>[1]);
    io.engine.use((request: IncomingMessage, response: ServerResponse, next: (error?: Error) => void) => {
      const error = this.errorOf(request);
      if (error) this.refuse(response, error);
      next(error);
    });
    io.engine.on('connection', (socket: EngineSocket) => {
      socket.once('close', this.limits.count(this.addresses.of(socket.request)));
      limitConnects(socket);
    });
    const hub = this.app.get(HubUpgrades, { strict: false });
    declineUpgrades(this.app.getHttpServer() as Server, (request, socketIo) => this.takerOf(request, socketIo, hub));
    return io;
  }

  /**
   * As that of IoAdapter, without its observables: they take a quarter of a socket's memory. Every handler acknowledges
   * by itself.
   */
  override bindMessageHandlers(...[socket, handlers]: Parameters<Bind>): void {
    for (const { message, callback } of handlers)
      socket.on(message, (...sent: unknown[]) => {
        const acknowledge = typeof sent.at(-1) === 'function' ? sent.pop() : undefined;
        void callback(sent.length > 1 ? sent : sent[0], acknowledge);
      });
  }

  private takerOf(request: IncomingMessage, socketIo: UpgradeListener, hub: HubUpgrades): UpgradeListener | undefined {
    const { url = '', headers } = request;
    if (headers.upgrade?.toLowerCase() !== 'websocket') return undefined;
    const error = this.errorOf(request);
    // Socket.IO's middleware refuses it as an ordinary request.
    if (url.startsWith('/socket.io/')) return error ? undefined : socketIo;
    if (url.split('?')[0] !== hub.path) return undefined;
    if (error)
      return (_, socket) => {
        this.refusedRequests.note(error);
        socket.end(rawProblem(error));
      };
    return (...upgrade) => {
      upgrade[1].once('close', this.limits.count(this.addresses.of(request)));
      hub.take(...upgrade);
    };
  }

  private refuse(response: ServerResponse, error: ForeseenError): void {
    this.refusedRequests.note(error);
    answer(response, error);
  }

  private errorOf(request: IncomingMessage): (Error & ForeseenError) | undefined {
    if (this.admitted.has(request)) return undefined;
    const { headers, rawHeaders } = request;
    const error =
      repeatedHeaderError(rawHeaders) ??
      this.foreign.hostError(headers) ??
      this.foreign.originError(headers) ??
      (isHandshake(request) ? this.limits.errorFor(this.addresses.of(request)) : undefined);
    if (!error) this.admitted.add(request);
    return error;
  }
}

/** Each packet that asks to enter a namespace makes a socket, and is answered outside the limit of messages. */
function limitConnects(socket: EngineSocket): void {
  const bucket = new TokenBucket(CONNECTS_AT_ONCE, CONNECTS_PER_SECOND);
  socket.on('packet', ({ type, data }: { type: string; data?: unknown }) => {
    const isConnect = type === 'message' && typeof data === 'string' && data.startsWith('0');
    if (isConnect && !bucket.take()) socket.close(true);
  });
}

/** Further requests of Socket.IO name the session that they belong to. */
const isHandshake = ({ url = '' }: IncomingMessage) => !/[?&]sid=/.test(url);

function answer(response: ServerResponse, error: ForeseenError): void {
  const problem = problemOf(error);
  const body = JSON.stringify(problem);
  const headers = { 'Content-Length': Buffer.byteLength(body), ...problemHeaders(problem, error.retryAfter) };
  response.writeHead(problem.status, headers).end(body);
}
