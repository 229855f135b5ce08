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
  until: 'change' | 'end';
  knownVersions: readonly number[];
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

  async execute({ operationId, waitFor, longest, gone }: WaitForOperation): Promise<OperationView> {
    const over = new AbortController();
    const end = () => over.abort();
    const timer = setTimeout(end, longest);
    gone?.addEventListener('abort', end);
    if (gone?.aborted) end();
    try {
      const { operation, live } = await this.followers.follow(operationId, NO_HISTORY, over.signal);
      const isAwaited = awaitedBy(waitFor, operation);
      let latest = operation;
      if (isAwaited(latest)) return latest;
      for await (const event of live) {
        latest = event.operation;
        if (isAwaited(latest)) break;
      }
      return latest;
    } finally {
      clearTimeout(timer);
      gone?.removeEventListener('abort', end);
      end();
    }
  }
}

function awaitedBy({ until, knownVersions }: WaitFor, present: OperationView): (operation: OperationView) => boolean {
  const newest = knownVersions.length > 0 ? Math.max(...knownVersions) : until === 'change' ? present.version : 0;
  // A client may have seen a version that is not stored any more: the stored one is new to it.
  const known = newest > present.version ? present.version - 1 : newest;
  return ({ version, status }) => version > known && (until === 'change' || status === 'requires_action');
}
