import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { KeyStanding, leftError, type Reader } from '../../access/keys/key-standing.js';
import type { OperationRef } from '../domain/operation.js';
import { OperationFollowers } from './operation-follower.js';
import type { OperationView } from '../contract/operation-view.js';

const NO_HISTORY = Infinity;
const NOTHING_TO_END = () => undefined;

/** What ends the wait early. */
export interface WaitFor {
  /**
   * `change`: any version after the known ones, or after the present one if none is known; `end`: the ending, or a
   * customer action that the client has not seen.
   */
  until: 'change' | 'end';
  knownVersions: readonly number[];
}

/**
 * Returns the operation once the awaited version is stored, or as it stands when the time is up.
 * @throws OperationNotFound; CredentialsExpired, CredentialsInvalid if the reader's credentials have ended meanwhile
 */
export class WaitForOperation extends Query<OperationView> {
  constructor(
    readonly ref: OperationRef,
    readonly waitFor: WaitFor,
    /** Milliseconds. */
    readonly longest: number,
    /** Aborted when the client disconnects. */
    readonly gone?: AbortSignal,
    /** Who waits: the answer is theirs only if their credentials still count then. */
    readonly reader?: Reader,
  ) {
    super();
  }
}

@QueryHandler(WaitForOperation)
export class WaitForOperationHandler implements IQueryHandler<WaitForOperation> {
  constructor(
    private readonly followers: OperationFollowers,
    private readonly standing: KeyStanding,
  ) {}

  async execute(waiting: WaitForOperation): Promise<OperationView> {
    const { reader } = waiting;
    const operation = await this.wait(waiting);
    if (reader) await this.standing.expect(reader);
    return operation;
  }

  private async wait({ ref, waitFor, longest, gone, reader }: WaitForOperation): Promise<OperationView> {
    const knownVersion = Math.max(0, ...waitFor.knownVersions);
    const following = this.followers.follow(ref, NO_HISTORY, { knownVersion, reader });
    const end = () => void following.then(({ live }) => live.end(), NOTHING_TO_END);
    const timer = setTimeout(end, longest);
    gone?.addEventListener('abort', end);
    if (gone?.aborted) end();
    try {
      const { operation, live } = await following;
      const isAwaited = awaitedBy(waitFor, operation);
      let latest = operation;
      if (isAwaited(latest)) return latest;
      await live.passTo((event) => {
        latest = event.operation;
        if (isAwaited(latest)) live.end();
      });
      if (live.left && reader) throw leftError(live.left, reader);
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
  // After a restore of the database, a client may know a version that is no longer stored: the stored one is new to it.
  const known = newest > present.version ? present.version - 1 : newest;
  return ({ version, status }) => version > known && (until === 'change' || status === 'requires_action');
}
