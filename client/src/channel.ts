import type { Operation, OperationEvent } from './api.js';
import { asOutcomeError, isFinal, isRetryable, isUnauthorized, type OutcomeError } from './outcome-error.js';
import { backoff, until, type Connectivity } from './connectivity.js';

export type TransportName = 'socket' | 'sse' | 'wait' | 'poll';

/** A way to follow operations. */
export interface Transport {
  readonly name: TransportName;
  /** True if the service pushes changes; a silent push transport is checked from time to time. */
  readonly isPush: boolean;
  /**
   * Passes what it receives to the channel until the signal aborts, the operation ends or the transport fails. Resolves
   * to whether it had worked, or rejects with why not. The same problem of the service is the same error each time.
   */
  listen(channel: Channel, signal: AbortSignal): Promise<boolean>;
  /** A channel calls this when it starts following, and the returned function when it stops. */
  use?(): () => void;
}

export interface Transports {
  inOrder: readonly Transport[];
  /** True if the client presents one token for ever: once refused, it stays so. */
  hasFixedToken: boolean;
  /** Reads the operation as it is now. */
  look(channel: Channel, signal: AbortSignal): Promise<unknown>;
  history(id: string, options: { afterVersion: number; signal: AbortSignal }): Promise<OperationEvent[]>;
  /** Renews the operation's watch token, if it has one, until the signal aborts. */
  renew?(id: string, signal: AbortSignal): Promise<void>;
}

export interface Following {
  readonly operation: Operation | undefined;
  readonly error: OutcomeError | undefined;
  /** The transport that works now; undefined while none does. */
  readonly via: TransportName | undefined;
}

const SECONDS = 1000;
const LOOK_AFTER_SILENCE_MS = 30 * SECONDS;

export const NOTHING: Following = { operation: undefined, error: undefined, via: undefined };

/**
 * One operation, shared by all its subscribers in this client. The channel listens while it has a subscriber, until the
 * operation has ended.
 */
export class Channel {
  following: Following = NOTHING;
  /** The version received last: behind `version` if it came late, or after a restore of the service. */
  lastVersion = 0;
  /** When the channel last received something, by `performance.now()`. */
  private receivedAt = 0;
  private running: AbortController | undefined;
  /** Why the service refused the credentials, unless a transport has worked since. */
  private problem: OutcomeError | undefined;
  private readonly listeners = new Set<() => void>();
  /** The versions kept for the readers that want each one, and the version that each reader has seen. */
  private readonly versions = new Map<number, Operation>();
  private readonly readers = new Set<{ lastVersion: number }>();

  constructor(
    readonly id: string,
    private readonly transports: Transports,
    private readonly network: Connectivity,
    private readonly onReceive: (operation: Operation) => void,
    private readonly onIdle: () => void,
  ) {}

  get version(): number {
    return this.following.operation?.version ?? 0;
  }

  /** The version after which to ask for more: the last one up to which no reader misses any. */
  get frontier(): number {
    let version = this.readers.size > 0 ? this.readByAll : this.version;
    while (this.versions.has(version + 1)) version += 1;
    return version;
  }

  private get readByAll(): number {
    return Math.min(...[...this.readers].map(({ lastVersion }) => lastVersion));
  }

  get isOver(): boolean {
    return Boolean(this.following.error ?? this.following.operation?.done);
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    if (!this.isOver && !this.running) {
      this.running = new AbortController();
      void this.run(this.running.signal);
    }
    return () => {
      this.listeners.delete(listener);
      // React in strict mode leaves and comes back at once.
      queueMicrotask(() => {
        if (this.listeners.size > 0) return;
        this.running?.abort();
        this.running = undefined;
        this.onIdle();
      });
    };
  }

  /** Every version after the given one, in order and once, up to the ending. */
  async *versionsAfter(afterVersion: number, signal: AbortSignal): AsyncGenerator<Operation, void, undefined> {
    const reader = { lastVersion: afterVersion };
    let hasYielded = false;
    this.readers.add(reader);
    try {
      for await (const { operation, error } of this.changes(signal)) {
        while (operation && reader.lastVersion < operation.version) {
          const next =
            this.versions.get(reader.lastVersion + 1) ?? (await this.fill(reader.lastVersion, operation, signal));
          reader.lastVersion = next.version;
          this.forget();
          hasYielded = true;
          yield next;
          if (next.done) return;
        }
        if (operation?.done) {
          // The ending is behind the reader's version only after the service was restored to an earlier time; the
          // reader still gets it.
          if (operation.version < reader.lastVersion || hasYielded) yield operation;
          return;
        }
        if (error) throw error;
      }
    } finally {
      this.readers.delete(reader);
    }
  }

  /** The operation once it has ended. */
  async ending(signal: AbortSignal): Promise<Operation> {
    for await (const { operation, error } of this.changes(signal)) {
      if (operation?.done) return operation;
      if (error) throw error;
    }
    throw signal.reason;
  }

  /**
   * Takes an operation from any transport: out of order, twice or late. An ending is final, and passed on even if its
   * version is behind.
   */
  receive(operation: Operation): void {
    this.receivedAt = performance.now();
    this.lastVersion = operation.version;
    if (this.readers.size > 0 && !this.versions.has(operation.version)) this.versions.set(operation.version, operation);
    const isNewer = operation.version > this.version || operation.done;
    if (isNewer && !this.following.operation?.done) {
      this.become({ operation });
      this.onReceive(operation);
    } else this.notify();
  }

  receiveBy(via: TransportName | undefined): void {
    if (this.following.via !== via) this.become({ via });
  }

  fail(error: OutcomeError): void {
    if (!this.isOver) this.become({ error, via: undefined });
  }

  /** The present state, and each change of it. Rejects when aborted. */
  private async *changes(signal: AbortSignal): AsyncGenerator<Following, void, undefined> {
    let hasChanged = true;
    let settle: (() => void) | undefined;
    const unsubscribe = this.subscribe(() => {
      hasChanged = true;
      settle?.();
    });
    try {
      for (;;) {
        if (!hasChanged) await until(signal, (change) => ((settle = change), () => (settle = undefined)));
        signal.throwIfAborted();
        hasChanged = false;
        yield this.following;
      }
    } finally {
      unsubscribe();
    }
  }

  /**
   * Reads the versions that no transport delivered. If the service no longer has them, the first one it has stands in.
   */
  private async fill(afterVersion: number, latest: Operation, signal: AbortSignal): Promise<Operation> {
    for (let mayRenew = !this.transports.hasFixedToken; ;) {
      try {
        const missed = await this.transports.history(this.id, { afterVersion, signal });
        for (const { operation } of missed) this.receive(operation);
        return missed[0]?.operation ?? latest;
      } catch (error) {
        // As for a transport, the next credentials have a chance, and no answer is no end.
        if (mayRenew && isUnauthorized(error)) mayRenew = false;
        else if (!isRetryable(error)) throw error;
        await this.network.pause(backoff(1), signal);
      }
    }
  }

  private forget(): void {
    const { readByAll } = this;
    for (const version of this.versions.keys()) if (version < readByAll) this.versions.delete(version);
  }

  private async run(signal: AbortSignal): Promise<void> {
    const stopUsing = [this.network.use(), ...this.transports.inOrder.flatMap((transport) => transport.use?.() ?? [])];
    void this.transports.renew?.(this.id, signal);
    try {
      for (let failures = 0; !signal.aborted;) {
        const worked = await this.listenOnce(signal);
        failures = worked ? 0 : failures + 1;
        if (worked || signal.aborted) continue;
        this.receiveBy(undefined);
        await this.network.pause(backoff(failures), signal);
      }
    } catch (error) {
      if (!signal.aborted) this.fail(asOutcomeError(error));
    } finally {
      for (const stop of stopUsing) stop();
    }
  }

  private async listenOnce(signal: AbortSignal): Promise<boolean> {
    let problem: OutcomeError | undefined;
    for (const transport of this.transports.inOrder) {
      const listening = new AbortController();
      if (transport.isPush) void this.lookAfter(AbortSignal.any([signal, listening.signal]));
      try {
        if (await transport.listen(this, signal)) {
          this.problem = undefined;
          return true;
        }
      } catch (error) {
        // The next transport asks with credentials that may have been renewed.
        if (isUnauthorized(error)) problem = error;
        else if (isFinal(error)) throw error;
      } finally {
        listening.abort();
      }
      if (signal.aborted) return true;
    }
    // A token function, or the renewal of a watch token, has one more chance.
    if (problem && (this.transports.hasFixedToken || (this.problem ??= problem) !== problem)) throw problem;
    return false;
  }

  /** A push connection that is silent for long, or that slept with the machine, may be dead. */
  private async lookAfter(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const began = performance.now();
      await this.network.pause(LOOK_AFTER_SILENCE_MS * (1 + Math.random() / 5), signal).catch(() => undefined);
      const wasWoken = performance.now() - began < LOOK_AFTER_SILENCE_MS;
      const isSilent = performance.now() - this.receivedAt >= LOOK_AFTER_SILENCE_MS;
      if (signal.aborted || !(wasWoken || isSilent)) continue;
      await this.transports.look(this, signal).catch((error: unknown) => {
        // Whether other credentials may follow is for the transport, which meets the same, to find out.
        if (isFinal(error) && !isUnauthorized(error)) this.fail(error);
      });
    }
  }

  private become(change: Partial<Following>): void {
    this.following = { ...this.following, ...change };
    if (this.isOver) this.running?.abort();
    this.notify();
  }

  private notify(): void {
    for (const listener of [...this.listeners]) {
      try {
        listener();
      } catch (error) {
        // A subscriber's error is reported as uncaught; the other subscribers are still notified.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
