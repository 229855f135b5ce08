import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { ForeignRequests } from '../../access/foreign-requests.hook.js';
import { repeatedHeaderError } from '../../access/repeated-headers.hook.js';
import { type ForeseenError, problemOf } from '../../problems/problem.js';
import { declineUpgrades } from './declined-upgrades.hook.js';

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
    declineUpgrades(this.app.getHttpServer() as Server, (request) => this.isForSocket(request));
    return io;
  }

  /**
   * True for an upgrade at Socket.IO's default path. A handshake that is refused is answered as an ordinary request.
   */
  private isForSocket(request: IncomingMessage): boolean {
    const { url = '', headers } = request;
    return headers.upgrade?.toLowerCase() === 'websocket' && url.startsWith('/socket.io/') && !this.errorOf(request);
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
