/**
 * An end that everything under way listens for. An AbortSignal searches its list for each listener that is added or
 * removed; here that costs the same for any number of them.
 */
export class StopSignal {
  private readonly listeners = new Set<(reason: Error) => void>();
  private reason: Error | undefined;

  get stopped(): boolean {
    return this.reason !== undefined;
  }

  /** How many listen. */
  get listening(): number {
    return this.listeners.size;
  }

  /** @throws the reason, once it is stopped */
  throwIfStopped(): void {
    if (this.reason) throw this.reason;
  }

  /** The first reason counts. */
  stop(reason: Error): void {
    if (this.reason) return;
    this.reason = reason;
    for (const listener of this.listeners) listener(reason);
  }

  /** Called at once where it is stopped already. @returns how to listen no more */
  onStop(listener: (reason: Error) => void): () => void {
    if (this.reason) listener(this.reason);
    else this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
