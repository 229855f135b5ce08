import { SECONDS } from '../../time/durations.js';

type Urgency = 'due' | 'new';

interface Waiting {
  begin(): void;
  reject(reason: Error): void;
  next?: Waiting;
}

/** First in, first out. */
class Line {
  private first: Waiting | undefined;
  private last: Waiting | undefined;

  add(waiting: Waiting): void {
    if (this.last) this.last.next = waiting;
    else this.first = waiting;
    this.last = waiting;
  }

  take(): Waiting | undefined {
    const { first } = this;
    this.first = first?.next;
    if (!this.first) this.last = undefined;
    return first;
  }
}

/** What one tenant runs, and what of it waits. */
class Share {
  running = 0;
  waiting = 0;
  /** When it last began or ended something. */
  seenAt = 0;
  private readonly lines = { due: new Line(), new: new Line() };

  add(urgency: Urgency, waiting: Waiting): void {
    this.lines[urgency].add(waiting);
    this.waiting += 1;
  }

  take(): Waiting | undefined {
    const taken = this.lines.due.take() ?? this.lines.new.take();
    if (taken) this.waiting -= 1;
    return taken;
  }
}

/** A tenant that did nothing for so long is gone. */
const GONE_AFTER = 10 * SECONDS;

/**
 * Runs so much work at once, and lets no tenant take the place of another: a free place goes to the waiting tenant with
 * the fewest running, and several such take turns. Within a tenant, due work comes before new work, each in the order
 * of its arrival.
 *
 * Alone, a tenant takes all places. While there was another one lately, a tenth of them stays free of those that have
 * an equal share: places become free in bursts, since operations that end together share a commit.
 */
export class FairLimit {
  private running = 0;
  /** Of those that were there lately. */
  private readonly shares = new Map<string, Share>();
  /** Those of `shares` for which something waits, in the order in which they are served. */
  private readonly waiting = new Map<string, Share>();
  private sweptAt = 0;

  constructor(
    private readonly concurrency: number,
    /** In milliseconds. */
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Rejects with the reason of `clear`, or as the work does. */
  run<T>(tenant: string, urgency: Urgency, work: () => Promise<T>): Promise<T> {
    this.sweep();
    const share = this.shares.get(tenant) ?? new Share();
    this.shares.set(tenant, share);
    return new Promise<T>((resolve, reject) => {
      const begin = () => resolve(this.keepingPlace(share, work));
      if (share.waiting === 0 && this.mayBegin(share)) return begin();
      share.add(urgency, { begin, reject });
      this.waiting.set(tenant, share);
    });
  }

  /**
   * Which of these could begin now or with the next free places, by their tenants, were they given in this order: as
   * many as there are free places, and where none is, up to an equal share of the tenant.
   */
  admits(tenants: readonly string[]): boolean[] {
    this.sweep();
    const planned = new Map<string, number>();
    const present = new Set(this.shares.keys());
    let free = this.concurrency - this.running;
    return tenants.map((tenant) => {
      const { running = 0, waiting = 0 } = this.shares.get(tenant) ?? {};
      const plannedOfIt = planned.get(tenant) ?? 0;
      present.add(tenant);
      const equalShare = this.equalShare(present.size);
      const isAdmitted =
        (waiting === 0 && free > this.reserve(present.size)) || running + waiting + plannedOfIt < equalShare;
      if (!isAdmitted) return false;
      planned.set(tenant, plannedOfIt + 1);
      free -= 1;
      return true;
    });
  }

  /** Nothing that waits begins. */
  clear(reason: Error): void {
    for (const share of this.waiting.values())
      for (let waiting = share.take(); waiting; waiting = share.take()) waiting.reject(reason);
    this.waiting.clear();
  }

  private mayBegin({ running }: Share): boolean {
    const free = this.concurrency - this.running;
    return free > this.reserve(this.shares.size) || (free > 0 && running < this.equalShare(this.shares.size));
  }

  private equalShare(tenants: number): number {
    return tenants === 1 ? this.concurrency : Math.max(1, Math.floor(this.concurrency / tenants));
  }

  private reserve(tenants: number): number {
    return tenants === 1 ? 0 : Math.floor(this.concurrency / 10);
  }

  private async keepingPlace<T>(share: Share, work: () => Promise<T>): Promise<T> {
    this.running += 1;
    share.running += 1;
    share.seenAt = this.now();
    try {
      return await work();
    } finally {
      this.running -= 1;
      share.running -= 1;
      share.seenAt = this.now();
      this.serveWaiting();
    }
  }

  private serveWaiting(): void {
    this.sweep();
    for (;;) {
      let [tenant, next]: [string?, Share?] = [];
      for (const [name, share] of this.waiting)
        if (!next || share.running < next.running) [tenant, next] = [name, share];
      // Where the one with the fewest may not, none may.
      if (tenant === undefined || !next || !this.mayBegin(next)) return;
      const taken = next.take();
      // Behind the others that wait, if more of it waits.
      this.waiting.delete(tenant);
      if (next.waiting > 0) this.waiting.set(tenant, next);
      taken?.begin();
    }
  }

  private sweep(): void {
    const now = this.now();
    if (this.shares.size < 2 || now < this.sweptAt + SECONDS) return;
    this.sweptAt = now;
    for (const [tenant, { running, waiting, seenAt }] of this.shares)
      if (running === 0 && waiting === 0 && now > seenAt + GONE_AFTER) this.shares.delete(tenant);
  }
}
