/** The service's clock, held by a test: ahead of the wall clock by as much as the test says. */
export class HeldClock {
  aheadMs = 0;

  now(): Date {
    return new Date(Date.now() + this.aheadMs);
  }
}
