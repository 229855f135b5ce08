import { finished } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { OperationEventView } from '../../operations/queries/operation-view.js';

const HEARTBEAT_MS = 15_000;
const COME_BACK_AFTER_MS = 1000;

/** A stream of server-sent events (html.spec.whatwg.org/multipage/server-sent-events.html); an event's id is its version. */
export class EventStream {
  private readonly heartbeat: NodeJS.Timeout;

  constructor(
    private readonly reply: FastifyReply,
    onClose: () => void,
  ) {
    const headers = Object.fromEntries(Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined)) as Record<
      string,
      string
    >;
    reply.hijack();
    reply.raw.writeHead(200, {
      ...headers,
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
    });
    reply.raw.write(`retry: ${COME_BACK_AFTER_MS}\n\n`);
    this.heartbeat = setInterval(() => reply.raw.write(': still here\n\n'), HEARTBEAT_MS);
    // Also where the client has gone before the first byte.
    finished(reply.raw, () => {
      clearInterval(this.heartbeat);
      onClose();
    });
  }

  send(event: OperationEventView): void {
    this.reply.raw.write(`id: ${event.version}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  end(): void {
    clearInterval(this.heartbeat);
    this.reply.raw.end();
  }
}
