import type { IncomingMessage, ServerResponse } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { ForeignRequests } from '../../access/foreign-requests.js';
import { refusalOfRepeated } from '../../access/single-headers.js';
import { problemOf } from '../../problems/problem.js';

type Create = IoAdapter['createIOServer'];

/** Holds handshakes, which Fastify's hooks never see, to the rules of HTTP requests. */
export class GuardedIoAdapter extends IoAdapter {
  constructor(
    app: INestApplication,
    private readonly foreign: ForeignRequests,
    private readonly allowedOrigins: readonly string[],
  ) {
    super(app);
  }

  override createIOServer(port: number, options?: Parameters<Create>[1]): ReturnType<Create> {
    const guarded: Partial<Parameters<Create>[1]> = {
      ...options,
      allowRequest: (
        { headers }: IncomingMessage,
        decide: (message: string | undefined, isAllowed: boolean) => void,
      ) => {
        const refusal = this.foreign.refusalOfHost(headers) ?? this.foreign.refusalOfOrigin(headers);
        decide(refusal?.message, refusal === undefined);
      },
      ...(this.allowedOrigins.length > 0 && { cors: { origin: [...this.allowedOrigins] } }),
    };
    const io = super.createIOServer(port, guarded as Parameters<Create>[1]);
    io.engine.use(refuseRepeated);
    return io;
  }
}

/** Covers polling's requests too, each of which names its session again. */
function refuseRepeated(
  { rawHeaders }: IncomingMessage,
  response: ServerResponse,
  next: (refusal?: Error) => void,
): void {
  const refusal = refusalOfRepeated(rawHeaders);
  if (refusal) {
    const problem = problemOf(refusal);
    const body = JSON.stringify(problem);
    const headers = { 'Content-Type': 'application/problem+json', 'Content-Length': Buffer.byteLength(body) };
    response.writeHead(problem.status, headers).end(body);
  }
  next(refusal);
}
