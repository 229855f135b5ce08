import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { GetHistory } from '../queries/get-history.query.js';
import { type ChangeNotice, OperationFeed } from './operation-feed.js';
import type { OperationEventView, OperationView } from '../contract/operation-view.js';

export interface FollowerListener {
  /** Every event after the ones that `start` answered with: in order, none twice, none missed. */
  event(event: OperationEventView): void;
  /** Resolves when the reader can take more of a history; what happens meanwhile is read when it can. */
  ready?(): Promise<void>;
  /** Nothing more comes: the last event was the ending, or the process shuts down. */
  end(): void;
}

/** Makes followers, and lets none outlive the process: whoever waits is answered before the connections close. */
@Injectable()
export class OperationFollowers implements BeforeApplicationShutdown {
  private readonly alive = new Set<OperationFollower>();
  private shuttingDown = false;

  constructor(
    private readonly feed: OperationFeed,
    private readonly queries: QueryBus,
  ) {}

  follow(operationId: string, afterVersion: number, listener: FollowerListener): OperationFollower {
    const follower = new OperationFollower(this.feed, this.queries, operationId, afterVersion, listener, () =>
      this.alive.delete(follower),
    );
    this.alive.add(follower);
    if (this.shuttingDown) follower.finish();
    return follower;
  }

  beforeApplicationShutdown(): void {
    this.shuttingDown = true;
    for (const follower of this.alive) follower.finish();
  }
}

/**
 * Follows one operation from a version that somebody has seen. It listens first and reads then, so that nothing falls
 * between; a notice for the very next version is passed on, any other makes it read.
 */
export class OperationFollower {
  private readonly unsubscribe: () => void;
  private reading = false;
  private notified = 0;
  private opened = false;
  private closed = false;
  private finished = false;

  constructor(
    feed: OperationFeed,
    private readonly queries: QueryBus,
    private readonly operationId: string,
    private seen: number,
    private readonly listener: FollowerListener,
    private readonly onClose: () => void,
  ) {
    this.unsubscribe = feed.subscribe(operationId, (notice) => this.receive(notice));
  }

  /**
   * What was missed up to now, or the first page of it: the rest is told after `open`, before which the listener hears
   * nothing. @throws OperationNotFound
   */
  async start(): Promise<{ operation: OperationView; events: OperationEventView[] }> {
    try {
      const history = await this.queries.execute(new GetHistory(this.operationId, this.seen));
      this.seen = history.operation.version;
      if (history.next !== null) this.notified = Math.max(this.notified, history.next + 1);
      return history;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Lets the listener hear what comes after `start`. */
  open({ done }: Pick<OperationView, 'done'>): void {
    this.opened = true;
    if (this.finished) this.listener.end();
    else if (this.closed) return;
    else if (done) this.finish();
    else if (this.notified > this.seen) void this.read();
  }

  close(): void {
    this.closed = true;
    this.unsubscribe();
    this.onClose();
  }

  /** Nothing more comes; the listener is told so, once it is open. */
  finish(): void {
    if (this.closed) return;
    this.close();
    this.finished = true;
    if (this.opened) this.listener.end();
  }

  private receive({ version, event, done }: ChangeNotice): void {
    this.notified = Math.max(this.notified, version);
    if (this.closed || !this.opened || this.reading) return;
    if (event && version === this.seen + 1) this.deliver(event);
    else if (this.notified > this.seen || this.wasSetBack(version, done)) void this.read();
  }

  /**
   * The database was put back to an earlier time: what is stored is behind what was told, or an ending that was not.
   */
  private wasSetBack(version: number, done: boolean | undefined): boolean {
    return done !== undefined && (done || version < this.seen);
  }

  private async read(): Promise<void> {
    this.reading = true;
    try {
      do {
        const { operation, events, next } = await this.queries.execute(new GetHistory(this.operationId, this.seen));
        if (next !== null) this.notified = Math.max(this.notified, next + 1);
        await this.tellAll(events);
        // A notice ahead of what can be read yet is answered by the next one.
        if (events.length === 0 && !operation.done) return;
        // Told as another event, since it ended under a version that was seen before.
        if (events.length === 0) this.seen = operation.version - 1;
      } while (!this.closed && this.notified > this.seen);
    } catch {
      // What cannot be read now is read at the next notice; the feed rings again while the operation is ahead of its
      // followers.
    } finally {
      this.reading = false;
    }
  }

  private async tellAll(events: readonly OperationEventView[]): Promise<void> {
    for (const event of events) {
      if (this.closed) return;
      this.deliver(event);
      await this.listener.ready?.();
    }
  }

  private deliver(event: OperationEventView): void {
    this.seen = event.version;
    this.listener.event(event);
    if (event.operation.done) this.finish();
  }
}
