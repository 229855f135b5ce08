import { setImmediate } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { LeftReason, Reader } from '../../access/keys/key-standing.js';
import { Clock } from '../../clock/clock.js';
import { SECONDS } from '../../time/durations.js';
import { StopsIn } from '../../shutdown/shutdown.js';
import type { OperationRef } from '../domain/operation.js';
import { GetOperation } from '../queries/get-operation.query.js';
import { GetHistory, type OperationHistory } from '../queries/get-history.query.js';
import { type ChangeNotice, OperationFeed } from './operation-feed.js';
import type { OperationEventView, OperationView } from '../contract/operation-view.js';

/** So long before the end of its token, a follower is asked to renew it. */
const WARNED_BEFORE = 60 * SECONDS;

/** Follows one operation from a version that its reader has seen. */
export interface Follower {
  operation: OperationView;
  /** The stored events, or their first page. */
  events: OperationEventView[];
  live: Live;
}

export interface Live {
  /** Set if it has ended because its reader may see no more. */
  readonly left: LeftReason | undefined;
  /**
   * Passes every later event on, in order and exactly once, to a single consumer. Resolves when that is over; rejects
   * if the consumer throws.
   */
  passTo(take: Take): Promise<void>;
  /** Nothing more is passed on. Who never calls `passTo` must call it. Idempotent. */
  end(): void;
}

type Take = (event: OperationEventView) => void;

export interface FollowOptions {
  /** The newest version that the reader knows of, where it is not the one to begin after: nothing older is shown. */
  knownVersion?: number;
  /** Resolves when the reader can take more of a history; events of the meantime are read then. */
  ready?: () => Promise<void>;
  /** Once their credentials have ended or are revoked, `live` ends within seconds, and says why in `left`. */
  reader?: Reader | undefined;
  /** The reader's credentials end within a minute. */
  onExpiring?: (endsAt: Date) => void;
}

/** Creates followers and ends them at shutdown, so that waiting clients are answered before their connections close. */
@Injectable()
@StopsIn('answers')
export class OperationFollowers {
  private readonly alive = new Set<LiveEvents>();
  private shuttingDown = false;
  private readonly expiry = setInterval(() => this.endExpired(), 1 * SECONDS).unref();

  constructor(
    private readonly feed: OperationFeed,
    private readonly queries: QueryBus,
    @Inject(Clock) private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /**
   * `live` ends after the operation's ending, at shutdown or by `live.end()`, which the caller calls once its reader
   * has gone: nothing else frees the follower before.
   * @throws OperationNotFound
   */
  async follow(ref: OperationRef, afterVersion: number, options: FollowOptions = {}): Promise<Follower> {
    const live = new LiveEvents(this.feed, this.queries, ref, afterVersion, options, () => this.alive.delete(live));
    this.alive.add(live);
    if (this.shuttingDown) live.end();
    try {
      const { operation, events } = await live.read(options.knownVersion ?? afterVersion);
      if (operation.done) live.end();
      return { operation, events, live };
    } catch (error) {
      live.end();
      throw error;
    }
  }

  /** Of all that is followed. */
  get readers(): Reader[] {
    return [...new Set([...this.alive].flatMap(({ reader }) => reader ?? []))];
  }

  /** Ends what this reader follows. */
  endOf(reader: Reader, reason: LeftReason): void {
    for (const live of this.alive) if (live.reader === reader) live.leave(reason);
  }

  /**
   * Goes on with other credentials, at the same version.
   * @throws OperationNotFound, CredentialsInvalid
   */
  async renew(live: Live, reader: Reader): Promise<void> {
    if (!(live instanceof LiveEvents)) return;
    const ref = { ...live.ref, tenant: reader.tenant, generation: reader.watchGeneration };
    await this.queries.execute(new GetOperation(ref));
    live.renew(ref, reader);
  }

  /** Resolves after the consumers have received the end. */
  async stop(): Promise<void> {
    this.shuttingDown = true;
    clearInterval(this.expiry);
    for (const live of this.alive) live.end();
    await setImmediate();
  }

  private endExpired(): void {
    const now = this.clock.now();
    for (const live of this.alive) live.lookAtTheClock(now);
  }
}

/**
 * Subscribes before it reads, so that no event is lost in between. Once it has caught up, it passes on the event of a
 * notice for the very next version, and reads on any other.
 */
class LiveEvents implements Live {
  private readonly unsubscribe: () => void;
  /** The newest version of all notices since the last read. */
  private notified = 0;
  /** The consumer, while nothing is left to read. */
  private idle: Idle | undefined;
  private over = false;
  /** The end of credentials that the reader was last warned of. */
  private warnedOf: number | undefined;
  reader: Reader | undefined;
  left: LeftReason | undefined;
  private interrupt: () => void = () => undefined;

  constructor(
    feed: OperationFeed,
    private readonly queries: QueryBus,
    public ref: OperationRef,
    private lastVersion: number,
    private readonly options: FollowOptions,
    private readonly onEnd: () => void,
  ) {
    this.reader = options.reader;
    this.unsubscribe = feed.subscribe(ref.id, (notice) => this.receive(notice));
  }

  async passTo(take: Take): Promise<void> {
    try {
      while (!this.over) {
        if (this.notified > this.lastVersion) await this.passHistory(take);
        else await new Promise<void>((wake, fail) => (this.idle = { take, wake, fail }));
      }
    } finally {
      this.end();
    }
  }

  /** @param knownVersion as of GetHistory; only for the first read: a later one follows a notice of what is stored */
  async read(knownVersion?: number): Promise<OperationHistory> {
    const query = new GetHistory(this.ref, this.lastVersion, undefined, knownVersion);
    const history = await this.queries.execute(query);
    const { operation, events, next } = history;
    // After a restore of the database, the ending may have a version that the reader has seen: it is read again.
    const endedBefore = operation.done && events.length === 0;
    this.lastVersion = endedBefore ? operation.version - 1 : operation.version;
    if (endedBefore || next !== null) this.notified = Math.max(this.notified, this.lastVersion + 1);
    return history;
  }

  lookAtTheClock(now: Date): void {
    const { expiresAt } = this.reader ?? {};
    if (this.over || !expiresAt) return;
    const end = expiresAt.getTime();
    const left = end - now.getTime();
    if (left <= 0) return this.leave('token_expired');
    if (this.warnedOf === end || left > WARNED_BEFORE) return;
    this.warnedOf = end;
    this.options.onExpiring?.(expiresAt);
  }

  renew(ref: OperationRef, reader: Reader): void {
    this.ref = ref;
    this.reader = reader;
  }

  leave(reason: LeftReason): void {
    if (this.over) return;
    this.left = reason;
    this.end();
  }

  end(): void {
    if (this.over) return;
    this.over = true;
    this.unsubscribe();
    this.onEnd();
    this.wake();
    this.interrupt();
  }

  private receive({ version, event, done, watchGeneration = 0 }: ChangeNotice): void {
    const { watchGeneration: own = watchGeneration } = this.reader ?? {};
    if (own < watchGeneration) return this.leave('token_revoked');
    if (this.idle && event && version === this.lastVersion + 1) this.passOn(event, this.idle);
    else {
      this.notified = Math.max(this.notified, this.wasSetBack(version, done) ? Infinity : version);
      this.wake();
    }
  }

  private passOn(event: OperationEventView, { take, fail }: Idle): void {
    this.lastVersion = event.version;
    try {
      take(event);
    } catch (error) {
      this.idle = undefined;
      fail(error);
    }
    if (event.operation.done) this.end();
  }

  /** True if a restored database is behind what was passed on, or holds an ending that was not passed on. */
  private wasSetBack(version: number, done: boolean | undefined): boolean {
    return done !== undefined && (done || version < this.lastVersion);
  }

  private async passHistory(take: Take): Promise<void> {
    this.notified = 0;
    const interrupted = new Promise<void>((resolve) => (this.interrupt = resolve));
    // If the read fails, the next notice or the catch-up makes it read again.
    const page = await Promise.race([this.read(), interrupted]).catch(() => undefined);
    for (const event of page?.events ?? []) {
      if (this.over) return;
      take(event);
      if (event.operation.done) this.end();
      await this.options.ready?.();
    }
  }

  private wake(): void {
    this.idle?.wake();
    this.idle = undefined;
  }
}

interface Idle {
  take: Take;
  wake: () => void;
  fail: (error: unknown) => void;
}
