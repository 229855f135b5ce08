import { Injectable } from '@nestjs/common';
import { In, LessThan, LessThanOrEqual } from 'typeorm';
import { NIL } from 'uuid';
import type { z } from 'zod';
import { CredentialsInvalid } from '../../access/access-errors.js';
import { Batcher } from '../../database/batcher.js';
import { blamesARow, Database } from '../../database/database.js';
import { TenantReads } from '../../database/tenant-reads.js';
import type { listQuery } from '../contract/operation.contract.js';
import type { EventType, Json, StoredEvent } from '../domain/operation-events.js';
import type { OperationRecord, OperationRef } from '../domain/operation.js';
import { OperationNotFound } from '../domain/operation-errors.js';
import { StopsIn } from '../../shutdown/shutdown.js';
import { OperationQueue } from '../jobs/operation-queue.js';
import { BATCH_LIMITS } from './batch-limits.js';
import { OperationEntity } from './operation.entity.js';
import { EVENTS_AFTER, FIND_OF_TENANTS } from './client-lookups.sql.js';
import { COUNT_ATTENTION, DETAILS_OF, FIND, IDLE, PAST_DEADLINE, VERSIONS } from './operation.sql.js';
import { type Responsible, WorkerLease } from './worker-lease.js';

const MOST_EXPIRED = 500;
const IDLE_PAGE = 500;

type Filters = Omit<z.output<typeof listQuery>, 'attention' | 'cursor' | 'limit'> & Pick<OperationRef, 'tenant'>;

type ColumnFilters = {
  [Name in keyof Filters]: Name extends keyof OperationRecord ? OperationRecord[Name] | OperationRecord[Name][] : never;
};

export interface OperationSelection extends Filters {
  /** Only operations that need attention by then. */
  attentionBy?: Date | undefined;
  /** The id after which the page begins. */
  after?: string | undefined;
  most: number;
}

interface WantedEvents extends OperationRef {
  version: number;
  most: number;
}

/** Reads operations as rows, not as aggregates, which are for changes. Concurrent callers share a statement. */
@Injectable()
@StopsIn('answers')
export class OperationReader {
  private readonly options = { ...BATCH_LIMITS, blamesARow };
  private readonly records = new Batcher((batch: OperationRef[]) => this.readOfTenants(batch), this.options);
  private readonly ownRecords = new Batcher((batch: string[]) => this.readAll(batch), this.options);
  private readonly histories = new Batcher((batch: WantedEvents[]) => this.readHistories(batch), this.options);

  constructor(
    private readonly database: Database,
    private readonly reads: TenantReads,
    private readonly queue: OperationQueue,
    private readonly lease: WorkerLease,
  ) {}

  /** @throws OperationNotFound, CredentialsInvalid if the tokens of its generation are revoked */
  async get(ref: OperationRef): Promise<OperationRecord> {
    return expected(ref, await this.records.submit(ref));
  }

  /** For the service itself, whose jobs name operations of all tenants. */
  findById(id: string): Promise<OperationRecord | undefined> {
    return this.ownRecords.submit(id);
  }

  /** For the service itself. @throws OperationNotFound */
  async getById(id: string): Promise<OperationRecord> {
    return expected({ id }, await this.ownRecords.submit(id));
  }

  async withIdempotencyKey(tenant: string, key: string): Promise<OperationRecord | undefined> {
    const found = await this.reads.withTenant(tenant, (manager) =>
      manager.findOneBy(OperationEntity, { tenant, idempotencyKey: key }),
    );
    return found ?? undefined;
  }

  /** A page of operations, newest first. */
  list({ attentionBy, after, most, ...filters }: OperationSelection): Promise<OperationRecord[]> {
    // Does not compile if a filter of the contract is no column: name that above, and ask for it below.
    filters satisfies ColumnFilters;
    const asked = Object.entries<unknown>(filters).filter(([, value]) => value !== undefined);
    const where = {
      ...Object.fromEntries(asked.map(([column, value]) => [column, Array.isArray(value) ? In(value) : value])),
      ...(attentionBy && { attentionAt: LessThanOrEqual(attentionBy) }),
      ...(after && { id: LessThan(after) }),
    };
    return this.reads.withTenant(filters.tenant, (manager) =>
      manager.find(OperationEntity, { where, order: { id: 'DESC' }, take: most }),
    );
  }

  /** With what only an operator sees. @throws OperationNotFound */
  async inspect({ id, tenant }: OperationRef): Promise<OperationRecord> {
    const found = await this.reads.withTenant(tenant, (manager) => manager.findOneBy(OperationEntity, { id, tenant }));
    return expected({ id }, found ?? undefined);
  }

  /** The current version of each; unknown ids are left out. */
  async versions(
    ids: readonly string[],
  ): Promise<Pick<OperationRecord, 'id' | 'version' | 'status' | 'watchGeneration'>[]> {
    type Version = Pick<OperationRecord, 'id' | 'version' | 'status' | 'watchGeneration'>;
    return (await this.database.durable.query<Version>({ ...VERSIONS, values: [ids] })).rows;
  }

  /** Ids of operations past their deadline, except those of the `canceling` kinds that wait for the customer. */
  async expired(now: Date, canceling: readonly string[]): Promise<string[]> {
    const values = [now, canceling, MOST_EXPIRED];
    const { rows } = await this.database.durable.query<{ id: string }>({ ...PAST_DEADLINE, values });
    return rows.map(({ id }) => id);
  }

  /** How many need attention, of all tenants. */
  async countAttention(): Promise<number> {
    return (await this.database.durable.query<{ count: number }>(COUNT_ATTENTION)).rows[0]?.count ?? 0;
  }

  /** A page of the events after a version, in order: at most `most`, fewer if they are large. */
  eventsAfter({ id, tenant }: OperationRef, version: number, most: number): Promise<StoredEvent[]> {
    return this.histories.submit({ id, tenant, version, most });
  }

  /** The `detail` of each event of a type. */
  async detailsOf(id: string, type: EventType): Promise<(Json | null)[]> {
    const { rows } = await this.database.durable.query<{ detail: Json | null }>({ ...DETAILS_OF, values: [id, type] });
    return rows.map(({ detail }) => detail);
  }

  /**
   * Pages of orphaned operations: unfinished, neither changed nor due since `then`, and their job gone from the queue
   * or their worker lost. Operations that wait for the customer are included only if their kind is in `lookingUp`.
   */
  async *orphanedSince(then: Date, lookingUp: readonly string[]): AsyncGenerator<Responsible[]> {
    for (let after: string = NIL; ;) {
      const { rows } = await this.database.durable.query<Responsible>({
        ...IDLE,
        values: [then, after, IDLE_PAGE, lookingUp],
      });
      const responsible = [...new Set(rows.flatMap(({ jobId }) => jobId ?? []))];
      const there = new Set([...(await this.queue.pending(responsible)), ...(await this.lease.heldAmong(responsible))]);
      const orphaned = rows.filter(({ jobId }) => !jobId || !there.has(jobId));
      if (orphaned.length > 0) yield orphaned;
      if (rows.length < IDLE_PAGE) return;
      after = rows.at(-1)?.id ?? NIL;
    }
  }

  /** Answers all accepted callers before the connections close. */
  async stop(): Promise<void> {
    await Promise.all([this.records, this.ownRecords, this.histories].map((batches) => batches.drained()));
  }

  /** Whatever was returned: only what has the tenant that was asked for is found. */
  private async readOfTenants(batch: OperationRef[]): Promise<(OperationRecord | undefined)[]> {
    const refs = [...new Map(batch.map((ref) => [nameOf(ref), ref])).values()];
    const values = [refs.map(({ id }) => id), refs.map(({ tenant }) => tenant)];
    const rows = await this.reads.lookUp<OperationRecord>({ ...FIND_OF_TENANTS, values });
    const found = new Map(rows.map((row) => [nameOf(row), row]));
    return batch.map((ref) => found.get(nameOf(ref)));
  }

  private async readAll(ids: string[]): Promise<(OperationRecord | undefined)[]> {
    const { rows } = await this.database.durable.query<OperationRecord>({ ...FIND, values: [ids] });
    const found = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => found.get(id));
  }

  /** Callers that want the same page share it. */
  private async readHistories(batch: WantedEvents[]): Promise<StoredEvent[][]> {
    const pages = new Map(batch.map((wanted) => [pageOf(wanted), { wanted, events: [] as StoredEvent[] }]));
    const distinct = [...pages.values()];
    const column = (name: keyof WantedEvents) => distinct.map(({ wanted }) => wanted[name]);
    const values = [column('id'), column('tenant'), column('version'), column('most')];
    const rows = await this.reads.lookUp<StoredEvent & { place: number }>({ ...EVENTS_AFTER, values });
    for (const { place, ...event } of rows) distinct[place - 1]?.events.push(event);
    return batch.map((wanted) => pages.get(pageOf(wanted))?.events ?? []);
  }
}

const pageOf = (wanted: WantedEvents) => `${nameOf(wanted)} ${wanted.version} ${wanted.most}`;

const nameOf = ({ id, tenant }: OperationRef) => `${tenant} ${id}`;

type Named = Pick<OperationRef, 'id' | 'generation'>;

function expected({ id, generation }: Named, found: OperationRecord | undefined): OperationRecord {
  if (!found) throw OperationNotFound.withId(id);
  if (generation !== undefined && generation !== found.watchGeneration) throw CredentialsInvalid.found();
  return found;
}
