import type { ServerResponse } from 'node:http';
import { finished } from 'node:stream';
import { Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { OperationEventView } from '../../operations/contract/operation-view.js';
import type { Left } from '../message.contract.js';
import { MOST_UNREAD, readerIsReady } from '../backpressure.js';
import { LAST_CHANCE_MS } from '../limits.js';
import { SECONDS } from '../../time/durations.js';

const HEARTBEAT_MS = 15 * SECONDS;
const COME_BACK_AFTER_MS = 1 * SECONDS;

export function openEventStream(reply: FastifyReply): ServerResponse {
  const headers = Object.fromEntries(
    Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined),
  ) as Record<string, string>;
  reply.hijack();
  reply.raw.writeHead(200, {
    ...headers,
    'Content-Type': 'text/event-stream',
    'cache-control': 'no-store, no-transform',
    'X-Accel-Buffering': 'no',
  });
  return reply.raw;
}

/**
 * A stream of server-sent events (html.spec.whatwg.org/multipage/server-sent-events.html); an event's id is its
 * version.
 */
export class EventStream {
  private readonly logger = new Logger(EventStream.name);
  private readonly heartbeat: NodeJS.Timeout;

  constructor(
    private readonly reply: FastifyReply,
    private readonly onClose: () => void,
  ) {
    openEventStream(reply).write(`retry: ${COME_BACK_AFTER_MS}\n\n`);
    this.heartbeat = setInterval(() => this.beat(), HEARTBEAT_MS);
    // Runs even if the client has disconnected before the first byte.
    finished(reply.raw, () => {
      clearInterval(this.heartbeat);
      onClose();
    });
  }

  /** Cuts off a reader that leaves too much unread, with a comment on the stream. */
  send(event: OperationEventView): void {
    const { raw } = this.reply;
    if (raw.writableEnded) return;
    if (raw.writableLength > MOST_UNREAD) return this.cut();
    raw.write(`id: ${event.version}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  /** No id: the client goes on after its last event, with other credentials. */
  sendLeft(left: Left): void {
    this.reply.raw.write(`event: left\ndata: ${JSON.stringify(left)}\n\n`);
  }

  ready(): Promise<void> {
    const { raw } = this.reply;
    return readerIsReady(
      raw,
      () => raw.writableLength,
      () => raw.destroyed || raw.writableEnded,
    );
  }

  /** What is unread keeps the connection up as well. */
  private beat(): void {
    const { raw } = this.reply;
    if (raw.writableLength === 0) raw.write(': still here\n\n');
  }

  private cut(): void {
    this.logger.warn({
      msg: 'a stream was cut: its reader is too slow',
      requestId: this.reply.request.id,
      unread: this.reply.raw.writableLength,
    });
    this.reply.raw.write(`: cut off: more than ${MOST_UNREAD} bytes unread. Come back with the last id.\n\n`);
    this.end();
    setTimeout(() => this.reply.raw.destroy(), LAST_CHANCE_MS).unref();
    this.onClose();
  }

  end(): void {
    clearInterval(this.heartbeat);
    this.reply.raw.end();
  }
}
