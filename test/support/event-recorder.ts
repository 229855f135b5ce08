import type { OperationEventView } from '../../src/operations/contract/operation-view.js';

/** Records the events that one client has received, in order, and waits for more. */
export class EventRecorder {
  readonly recorded: OperationEventView[] = [];
  /** Resolves when the server says that the events are complete; rejects if the client receives anything invalid. */
  readonly over: Promise<void>;
  private waiting: { version: number; resolve: () => void }[] = [];
  finish!: () => void;
  fail!: (error: Error) => void;

  constructor() {
    this.over = new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
    this.over.catch(() => undefined);
  }

  record(...events: OperationEventView[]): void {
    this.recorded.push(...events);
    const now = this.waiting.filter(({ version }) => version <= this.last);
    this.waiting = this.waiting.filter(({ version }) => version > this.last);
    for (const { resolve } of now) resolve();
  }

  get versions(): number[] {
    return this.recorded.map(({ version }) => version);
  }

  /** The latest version received, 0 before the first. */
  get last(): number {
    return this.recorded.at(-1)?.version ?? 0;
  }

  get hasEnded(): boolean {
    return this.recorded.at(-1)?.operation.done ?? false;
  }

  async reached(version: number): Promise<void> {
    if (this.last < version) await new Promise<void>((resolve) => this.waiting.push({ version, resolve }));
  }
}
