import { LONGEST_PAGE } from '../contract/history.contract.js';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { StoredEvent } from '../domain/operation-events.js';
import type { OperationRecord, OperationRef } from '../domain/operation.js';
import { OperationReader } from '../persistence/operation.reader.js';
import { RecentOperations } from '../persistence/recent-operations.js';
import { eventViewOf, type OperationEventView, type OperationView, viewOf } from '../contract/operation-view.js';

export interface OperationHistory {
  /** As of the last of the events; without events, as of now. */
  operation: OperationView;
  events: OperationEventView[];
  /** The version after which more events follow; null if these are all. */
  next: number | null;
}

/**
 * An operation and a page of the events after a version, in order. If the version is beyond the stored one, the
 * database was restored to an earlier time: the caller gets the last event, so that it never misses an ending. Infinity
 * returns none.
 * @throws OperationNotFound
 */
export class GetHistory extends Query<OperationHistory> {
  constructor(
    readonly ref: OperationRef,
    readonly afterVersion: number,
    readonly limit = LONGEST_PAGE,
    /** If given, what this process has just committed may answer, unless it is behind this version. */
    readonly knownVersion?: number,
  ) {
    super();
  }
}

type CurrentOperation = Readonly<Omit<OperationRecord, 'input'>>;

@QueryHandler(GetHistory)
export class GetHistoryHandler implements IQueryHandler<GetHistory> {
  /** Of what is still in use: readers that shared both reads share the views, which are then encoded once. */
  private readonly made = new WeakMap<readonly StoredEvent[], { of: CurrentOperation; history: OperationHistory }>();

  constructor(
    private readonly operations: OperationReader,
    private readonly recent: RecentOperations,
  ) {}

  async execute({ ref, afterVersion, limit, knownVersion }: GetHistory): Promise<OperationHistory> {
    const recent = knownVersion === undefined ? undefined : this.recent.find(ref, knownVersion);
    const current = recent?.record ?? (await this.operations.get(ref));
    const isAhead = Number.isFinite(afterVersion) && afterVersion > current.version;
    const after = isAhead ? current.version - 1 : afterVersion;
    if (recent)
      return historyOf(
        current,
        recent.events.filter(({ version }) => version > after),
      );
    const stored = after < current.version ? await this.operations.eventsAfter(ref, after, limit) : [];
    const made = this.made.get(stored);
    if (made?.of === current) return made.history;
    const history = historyOf(current, stored);
    this.made.set(stored, { of: current, history });
    return history;
  }
}

function historyOf(current: CurrentOperation, stored: readonly StoredEvent[]): OperationHistory {
  // Later events are for the next read: only the operation itself has the secret of the customer's action.
  const upToNow = stored.filter(({ version }) => version <= current.version);
  const events = upToNow.map((event) => eventViewOf(current, withActionOf(current, event)));
  const last = events.at(-1);
  return {
    operation: last?.operation ?? viewOf(current),
    events,
    next: last && last.version < current.version ? last.version : null,
  };
}

/** Events are stored without the secret of their action; this adds it while the customer must act. */
function withActionOf({ nextAction }: Pick<OperationRecord, 'nextAction'>, event: StoredEvent): StoredEvent {
  if (!nextAction || !event.snapshot.nextAction) return event;
  return { ...event, snapshot: { ...event.snapshot, nextAction } };
}
