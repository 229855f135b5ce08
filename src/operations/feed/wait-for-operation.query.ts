import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { OperationFollowers } from './operation-follower.js';
import type { OperationView } from '../contract/operation-view.js';

const NO_HISTORY = Infinity;

/** What ends the waiting before its time. */
export interface WaitFor {
  /**
   * `news`: any version after those that were seen, or after the present one; `end`: the ending, or a customer's turn
   * that was not seen.
   */
  until: 'news' | 'end';
  seen: readonly number[];
}

/**
 * The operation once the awaited version is there, or as it is when the time is over. The feed ends the wait.
 * @throws OperationNotFound
 */
export class WaitForOperation extends Query<OperationView> {
  constructor(
    readonly operationId: string,
    readonly waitFor: WaitFor,
    /** Milliseconds. */
    readonly longest: number,
    /** Aborted when the client has gone. */
    readonly gone?: AbortSignal,
  ) {
    super();
  }
}

@QueryHandler(WaitForOperation)
export class WaitForOperationHandler implements IQueryHandler<WaitForOperation> {
  constructor(private readonly followers: OperationFollowers) {}

  async execute({ operationId, waitFor: { until, seen }, longest, gone }: WaitForOperation): Promise<OperationView> {
    let latest!: OperationView;
    let newest!: number;
    let arrived!: () => void;
    const isAwaited = ({ version, status }: OperationView) =>
      version > newest && (until === 'news' || status === 'requires_action');
    const over = new Promise<void>((resolve) => (arrived = resolve));
    const follower = this.followers.follow(operationId, NO_HISTORY, {
      event: ({ operation }) => {
        latest = operation;
        if (isAwaited(operation)) arrived();
      },
      end: () => arrived(),
    });
    latest = (await follower.start()).operation;
    newest = seen.length > 0 ? Math.max(...seen) : until === 'news' ? latest.version : 0;
    // The client has seen a version that is not stored any more: the stored one is new to it.
    if (newest > latest.version) newest = latest.version - 1;
    if (isAwaited(latest)) arrived();
    const timer = setTimeout(arrived, longest);
    gone?.addEventListener('abort', arrived);
    if (gone?.aborted) arrived();
    follower.open(latest);
    try {
      await over;
      return latest;
    } finally {
      clearTimeout(timer);
      gone?.removeEventListener('abort', arrived);
      follower.close();
    }
  }
}
