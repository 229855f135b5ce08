import type { ServerResponse } from 'node:http';
import { readerIsReady } from '../backpressure.js';
import { LAST_CHANCE_MS } from '../limits.js';
import type { HubTransport } from './hub-connection.js';

/** Server-sent events to the client; it posts what it sends. */
export class HubEventStream implements HubTransport {
  constructor(private readonly response: ServerResponse) {}

  send(text: string): void {
    if (!this.response.writableEnded) this.response.write(`data: ${text}\n\n`);
  }

  unread(): number {
    return this.response.writableLength;
  }

  ready(): Promise<void> {
    return readerIsReady(
      this.response,
      () => this.unread(),
      () => this.response.destroyed || this.response.writableEnded,
    );
  }

  end(lastChanceMs = LAST_CHANCE_MS): void {
    this.response.end();
    setTimeout(() => this.response.destroy(), lastChanceMs).unref();
  }
}
