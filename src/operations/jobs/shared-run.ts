const LONGEST_SHARE = 1024;

/**
 * When a job runs that is shared by operations due at about the same time, in milliseconds since the epoch: not before
 * any of them is due, and later by at most a quarter of their wait and about a second.
 */
export function sharedRunAt(dueAt: number, now: number): number {
  const width = Math.min(LONGEST_SHARE, 2 ** Math.floor(Math.log2(Math.max(1, (dueAt - now) / 4))));
  return Math.ceil(dueAt / width) * width;
}
