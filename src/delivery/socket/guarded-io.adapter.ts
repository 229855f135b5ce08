import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { ForeignRequests } from '../../access/foreign-requests.hook.js';
import { repeatedHeaderError } from '../../access/repeated-headers.hook.js';
import { type ForeseenError, problemOf } from '../../problems/problem.js';
import { rawProblem } from '../../http/unreadable-requests.hook.js';
import { HubUpgrades } from '../signalr/hub-upgrades.js';
import { declineUpgrades, type UpgradeListener } from './declined-upgrades.hook.js';

type Create = IoAdapter['createIOServer'];

/** Applies the access rules to Socket.IO's requests, which Fastify's hooks never see. */
export class GuardedIoAdapter extends IoAdapter {
  constructor(
    private readonly app: INestApplication,
    private readonly foreign: ForeignRequests,
    private readonly allowedOrigins: readonly string[],
  ) {
    super(app);
  }

  override createIOServer(port: number, options?: Parameters<Create>[1]): ReturnType<Create> {
    const cors = this.allowedOrigins.length > 0 && { cors: { origin: [...this.allowedOrigins] } };
    const io = super.createIOServer(port, { ...options, ...cors } as Parameters<Create>[1]);
    io.engine.use((request: IncomingMessage, response: ServerResponse, next: (error?: Error) => void) => {
      const error = this.errorOf(request);
      if (error) refuse(response, error);
      next(error);
    });
    const hub = this.app.get(HubUpgrades, { strict: false });
    declineUpgrades(this.app.getHttpServer() as Server, (request, socketIo) => this.takerOf(request, socketIo, hub));
    return io;
  }

  private takerOf(request: IncomingMessage, socketIo: UpgradeListener, hub: HubUpgrades): UpgradeListener | undefined {
    const { url = '', headers } = request;
    if (headers.upgrade?.toLowerCase() !== 'websocket') return undefined;
    const error = this.errorOf(request);
    // Socket.IO's middleware refuses it as an ordinary request.
    if (url.startsWith('/socket.io/')) return error ? undefined : socketIo;
    if (url.split('?')[0] !== hub.path) return undefined;
    if (error) return (_, socket) => void socket.end(rawProblem(error));
    return (...upgrade) => hub.take(...upgrade);
  }

  private errorOf({ headers, rawHeaders }: IncomingMessage): (Error & ForeseenError) | undefined {
    return repeatedHeaderError(rawHeaders) ?? this.foreign.hostError(headers) ?? this.foreign.originError(headers);
  }
}

function refuse(response: ServerResponse, error: ForeseenError): void {
  const problem = problemOf(error);
  const body = JSON.stringify(problem);
  const headers = { 'Content-Type': 'application/problem+json', 'Content-Length': Buffer.byteLength(body) };
  response.writeHead(problem.status, headers).end(body);
}
