import type { Job, JobHandler } from '../../src/queue/job-queue.js';

/** A job handler that a test can await. */
export class RecordingHandler<T> implements JobHandler<T> {
  readonly runs: Job<T>[] = [];
  readonly failures: { id: string; message: string; isLast: boolean }[] = [];
  private readonly waiting = new Set<() => void>();

  /** `work` is the body of a run; `run` counts the runs of its job, from 1. */
  constructor(private readonly work: (job: Job<T>, run: number) => Promise<void> = async () => undefined) {}

  async run(job: Job<T>): Promise<void> {
    this.runs.push(job);
    this.notify();
    await this.work(job, this.idsOfRuns.filter((id) => id === job.id).length);
  }

  failed({ id }: Job<T>, { message }: Error, isLast: boolean): void {
    this.failures.push({ id, message, isLast });
    this.notify();
  }

  /** In the order in which the runs began. */
  get idsOfRuns(): string[] {
    return this.runs.map(({ id }) => id);
  }

  /** Resolves once `isSo` is true; checked at each run and each failure. */
  until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!isSo()) return;
        this.waiting.delete(check);
        resolve();
      };
      this.waiting.add(check);
      check();
    });
  }

  untilRun(...ids: string[]): Promise<void> {
    return this.until(() => ids.every((id) => this.idsOfRuns.includes(id)));
  }

  private notify(): void {
    for (const check of [...this.waiting]) check();
  }
}
