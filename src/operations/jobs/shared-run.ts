const LONGEST_SHARE = 1024;

/**
 * When to run a job shared by operations due at about the same time, in milliseconds since the epoch: not before any of
 * them is due, and at most a quarter of their wait plus about a second later.
 */
export function sharedRunAt(dueAt: number, now: number): number {
  const width = Math.min(LONGEST_SHARE, 2 ** Math.floor(Math.log2(Math.max(1, (dueAt - now) / 4))));
  return Math.ceil(dueAt / width) * width;
}
