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

/** Makes followers, and ends them all at shutdown: every waiting client is answered before the connections close. */
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
 * Follows one operation from a version that its reader has seen. It subscribes first and reads then, so that no event
 * falls between; it passes on a notice for the very next version, and reads on any other.
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
   * Returns the events up to now, or their first page: the listener receives the rest after `open`, and nothing before.
   * @throws OperationNotFound
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

  /** Nothing follows; the listener learns it once it is open. */
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

  /** The database was set back in time: it is behind what was delivered, or holds an ending that was not. */
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
        // A notice was ahead of the readable state: the next notice makes it read again.
        if (events.length === 0 && !operation.done) return;
        // Delivered as another event, since it ended under a version that was seen before.
        if (events.length === 0) this.seen = operation.version - 1;
      } while (!this.closed && this.notified > this.seen);
    } catch {
      // The next notice makes it read again; the feed publishes again while the operation is ahead of its followers.
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
