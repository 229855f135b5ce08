import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { readerIsReady } from '../backpressure.js';
import { LAST_CHANCE_MS } from '../limits.js';
import type { HubTransport } from './hub-connection.js';

export class HubWebSocket implements HubTransport {
  /** @param connection that carries the WebSocket, which says when it drains */
  constructor(
    private readonly socket: WebSocket,
    private readonly connection: Duplex,
  ) {}

  send(text: string): void {
    this.socket.send(text);
  }

  unread(): number {
    return this.socket.bufferedAmount;
  }

  ready(): Promise<void> {
    return readerIsReady(
      this.connection,
      () => this.unread(),
      () => this.connection.destroyed || this.socket.readyState !== this.socket.OPEN,
    );
  }

  end(lastChanceMs = LAST_CHANCE_MS): void {
    this.socket.close(1000);
    setTimeout(() => this.socket.terminate(), lastChanceMs).unref();
  }
}
