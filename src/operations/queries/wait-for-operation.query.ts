import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { OperationFollowers } from './operation-follower.js';
import type { OperationView } from './operation-view.js';

/** The largest version that a PostgreSQL integer holds: the past is of no interest here. */
const NO_HISTORY = 2_147_483_647;

/** What ends the waiting before its time: any version after the one that was seen, or the ending. */
export type WaitFor = { versionAfter: number | 'now' } | 'ending';

/**
 * The operation as soon as what is waited for has come, or as it is when the time is over. Woken by the feed.
 * @throws OperationNotFound
 */
export class WaitForOperation extends Query<OperationView> {
  constructor(
    readonly operationId: string,
    readonly until: WaitFor,
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

  async execute({ operationId, until, longest, gone }: WaitForOperation): Promise<OperationView> {
    let latest!: OperationView;
    let arrived!: () => void;
    const over = new Promise<void>((resolve) => (arrived = resolve));
    const follower = this.followers.follow(operationId, NO_HISTORY, {
      event: ({ operation }) => {
        latest = operation;
        if (until !== 'ending') arrived();
      },
      end: () => arrived(),
    });
    latest = (await follower.start()).operation;
    if (until !== 'ending' && until.versionAfter !== 'now' && latest.version > until.versionAfter) arrived();
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
