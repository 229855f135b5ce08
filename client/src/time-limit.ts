const SECONDS = 1000;

/** Aborts its signal after a number of milliseconds, unless it is reset or ended first. */
export class TimeLimit {
  private readonly controller = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  readonly signal = this.controller.signal;

  constructor(ms: number) {
    this.set(ms);
  }

  set(ms: number): void {
    this.end();
    this.timer = setTimeout(() => this.controller.abort(new Error(`nothing within ${ms / SECONDS} s`)), ms);
  }

  end(): void {
    clearTimeout(this.timer);
  }
}
