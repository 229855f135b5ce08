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

/**
 * Runs so much work at once, and lets no tenant take the place of another: a free place goes to the waiting tenant with
 * the fewest running, and several such take turns. Alone, a tenant takes all places. Within a tenant, due work comes
 * before new work, each in the order of its arrival.
 */
export class FairLimit {
  private running = 0;
  private readonly shares = new Map<string, Share>();
  /** Those of `shares` for which something waits, in the order in which they are served. */
  private readonly waiting = new Map<string, Share>();

  constructor(private readonly concurrency: number) {}

  /** Rejects with the reason of `clear`, or as the work does. */
  run<T>(tenant: string, urgency: Urgency, work: () => Promise<T>): Promise<T> {
    const share = this.shareOf(tenant);
    return new Promise<T>((resolve, reject) => {
      const begin = () => resolve(this.keepingPlace(tenant, share, work));
      if (this.running < this.concurrency) return begin();
      share.add(urgency, { begin, reject });
      this.waiting.set(tenant, share);
    });
  }

  /**
   * Which of these could begin now or with the next free places, by their tenants, were they given in this order: as
   * many as there are free places, and where all are taken, up to an equal share for a tenant of which nothing waits.
   */
  admits(tenants: readonly string[]): boolean[] {
    const planned = new Map<string, number>();
    const present = new Set(this.shares.keys());
    let free = this.waiting.size > 0 ? 0 : this.concurrency - this.running;
    return tenants.map((tenant) => {
      const { running = 0, waiting = 0 } = this.shares.get(tenant) ?? {};
      const plannedOfIt = planned.get(tenant) ?? 0;
      present.add(tenant);
      const equalShare = Math.floor(this.concurrency / present.size);
      const isAdmitted = waiting === 0 && (free > 0 || running + plannedOfIt < equalShare);
      if (!isAdmitted) return false;
      planned.set(tenant, plannedOfIt + 1);
      free -= 1;
      return true;
    });
  }

  /** Nothing that waits begins. */
  clear(reason: Error): void {
    for (const [tenant, share] of this.waiting) {
      for (let waiting = share.take(); waiting; waiting = share.take()) waiting.reject(reason);
      this.forgetIfIdle(tenant, share);
    }
    this.waiting.clear();
  }

  private async keepingPlace<T>(tenant: string, share: Share, work: () => Promise<T>): Promise<T> {
    this.running += 1;
    share.running += 1;
    try {
      return await work();
    } finally {
      this.running -= 1;
      share.running -= 1;
      this.serveNext();
      this.forgetIfIdle(tenant, share);
    }
  }

  private serveNext(): void {
    let [tenant, next]: [string?, Share?] = [];
    for (const [name, share] of this.waiting) if (!next || share.running < next.running) [tenant, next] = [name, share];
    if (tenant === undefined || !next) return;
    const taken = next.take();
    // Behind the others that wait, if more of it waits.
    this.waiting.delete(tenant);
    if (next.waiting > 0) this.waiting.set(tenant, next);
    taken?.begin();
  }

  private shareOf(tenant: string): Share {
    const share = this.shares.get(tenant) ?? new Share();
    this.shares.set(tenant, share);
    return share;
  }

  private forgetIfIdle(tenant: string, share: Share): void {
    if (share.running === 0 && share.waiting === 0) this.shares.delete(tenant);
  }
}
