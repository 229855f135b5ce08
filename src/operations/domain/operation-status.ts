/**
 * The life of an operation, as data: each status and what may follow it. docs/operation-life.md tells it in prose.
 * An empty list is an ending, and an ending is kept.
 */
export const LIFE = {
  /** Stored; no worker has claimed it yet. */
  pending: ['processing', 'canceled', 'expired'],
  /** A worker is on it, or it waits to be tried again. */
  processing: ['requires_action', 'reconciling', 'success', 'failed', 'canceled'],
  /** The customer must do something; `nextAction` says what. */
  requires_action: ['processing', 'success', 'failed', 'canceled', 'expired'],
  /** The provider's answer is unknown and is being found out. */
  reconciling: ['processing', 'success', 'failed'],
  success: [],
  failed: [],
  canceled: [],
  expired: [],
} as const satisfies Record<string, readonly string[]>;

export type Status = keyof typeof LIFE;

export type Ending = { [S in Status]: (typeof LIFE)[S] extends readonly [] ? S : never }[Status];

export const STATUSES = Object.keys(LIFE) as [Status, ...Status[]];

export function isEnding(status: Status): boolean {
  return LIFE[status].length === 0;
}

export function mayFollow(from: Status, to: Status): boolean {
  return (LIFE[from] as readonly Status[]).includes(to);
}

export const ENDINGS = STATUSES.filter((status): status is Ending => isEnding(status));

export const UNFINISHED = STATUSES.filter((status): status is Exclude<Status, Ending> => !isEnding(status));
