import { EventEmitter } from 'node:events';
import type { FastifyReply } from 'fastify';
import { readerIsReady } from '../backpressure.js';
import type { HubTransport } from './hub-connection.js';

/**
 * Holds messages until the client polls, and a poll until there are messages. The client posts what it sends. A poll
 * that breaks while it is answered loses messages: `onLoss` ends the connection, so that its client joins again.
 */
export class HubLongPolling extends EventEmitter implements HubTransport {
  private readonly waiting: { text: string; isAnswer: boolean }[] = [];
  private bytes = 0;
  private poll: FastifyReply | undefined;
  private hasEnded = false;
  private flushing: NodeJS.Immediate | undefined;

  constructor(private readonly onLoss: () => void) {
    super();
  }

  /** One poll at a time: a newer one ends the older one. */
  take(poll: FastifyReply): void {
    void this.poll?.status(204).send();
    this.poll = poll;
    poll.raw.once('close', () => {
      if (this.poll === poll) this.poll = undefined;
    });
    this.flush();
  }

  send(text: string, isAnswer = false): void {
    this.waiting.push({ text, isAnswer });
    this.bytes += text.length;
    // What is sent in one turn goes in one response.
    this.flushing ??= setImmediate(() => this.flush());
  }

  unread(): number {
    return this.bytes;
  }

  ready(): Promise<void> {
    return readerIsReady(
      this,
      () => this.unread(),
      () => this.hasEnded,
    );
  }

  end(): void {
    this.hasEnded = true;
    this.flush();
    this.emit('close');
  }

  private batch(): string {
    const end = this.waiting.findIndex(({ isAnswer }) => isAnswer) + 1;
    const taken = this.waiting.splice(0, end || Infinity);
    return taken.map(({ text }) => text).join('');
  }

  private flush(): void {
    clearImmediate(this.flushing);
    this.flushing = undefined;
    const { poll } = this;
    if (!poll || (this.waiting.length === 0 && !this.hasEnded)) return;
    this.poll = undefined;
    if (this.waiting.length === 0) return void poll.status(204).send();
    const text = this.batch();
    this.bytes -= text.length;
    poll.raw.once('close', () => {
      if (!poll.raw.writableFinished) this.onLoss();
    });
    void poll.status(200).type('text/plain; charset=utf-8').send(text);
    this.emit('drain');
  }
}
