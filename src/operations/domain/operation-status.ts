/**
 * The transitions of an operation: each status and what may follow it; docs/operation-life.md describes them. An empty
 * list is an ending, which never changes.
 */
export const LIFE = {
  /** Stored; no worker has claimed it yet. */
  pending: ['processing', 'canceled', 'expired'],
  /** A worker has claimed it, or it waits for its next attempt. */
  processing: ['requires_action', 'reconciling', 'success', 'failed', 'canceled'],
  /** The customer must do something; `nextAction` says what. */
  requires_action: ['processing', 'success', 'failed', 'canceled', 'expired'],
  /** The provider's answer is unknown, and the service looks it up. */
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
