import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Any, In, IsNull, LessThan, LessThanOrEqual, Not, type Repository } from 'typeorm';
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
import { DETAILS_OF, EVENTS_AFTER, FIND, IDLE } from './operation.sql.js';
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

/** Without a tenant: by the service itself, whose jobs name operations of all tenants. */
type Named = Pick<OperationRef, 'id'> & Partial<OperationRef>;

interface WantedEvents {
  id: string;
  version: number;
  most: number;
}

/** Reads operations as rows, not as aggregates, which are for changes. Concurrent callers share a statement. */
@Injectable()
@StopsIn('answers')
export class OperationReader {
  private readonly options = { ...BATCH_LIMITS, blamesARow };
  private readonly records = new Batcher((batch: Named[]) => this.readAll(batch), this.options);
  private readonly histories = new Batcher((batch: WantedEvents[]) => this.readHistories(batch), this.options);

  constructor(
    @InjectRepository(OperationEntity) private readonly entities: Repository<OperationEntity>,
    private readonly database: Database,
    private readonly reads: TenantReads,
    private readonly queue: OperationQueue,
    private readonly lease: WorkerLease,
  ) {}

  /** @throws OperationNotFound, CredentialsInvalid if the tokens of its generation are revoked */
  async get(ref: OperationRef): Promise<OperationRecord> {
    return this.expect(ref);
  }

  /** For the service itself. */
  findById(id: string): Promise<OperationRecord | undefined> {
    return this.records.submit({ id });
  }

  /** For the service itself. @throws OperationNotFound */
  async getById(id: string): Promise<OperationRecord> {
    return this.expect({ id });
  }

  async withIdempotencyKey(tenant: string, key: string): Promise<OperationRecord | undefined> {
    return (await this.entities.findOneBy({ tenant, idempotencyKey: key })) ?? undefined;
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
    if (!found) throw OperationNotFound.withId(id);
    return found;
  }

  /** The current version of each; unknown ids are left out. */
  versions(ids: readonly string[]): Promise<Pick<OperationRecord, 'id' | 'version' | 'status' | 'watchGeneration'>[]> {
    const select = { id: true, version: true, status: true, watchGeneration: true } as const;
    return this.entities.find({ select, where: { id: Any([...ids]) } });
  }

  /** Ids of operations past their deadline, except those of the `canceling` kinds that wait for the customer. */
  async expired(now: Date, canceling: readonly string[]): Promise<string[]> {
    const passed = { expiresAt: LessThanOrEqual(now), finishedAt: IsNull() };
    const found = await this.entities.find({
      select: { id: true },
      where: [
        { ...passed, status: 'pending' },
        { ...passed, status: 'requires_action', kind: Not(In([...canceling])) },
      ],
      take: MOST_EXPIRED,
    });
    return found.map(({ id }) => id);
  }

  /** A page of the events after a version, in order: at most `most`, fewer if they are large. */
  eventsAfter(id: string, version: number, most: number): Promise<StoredEvent[]> {
    return this.histories.submit({ id, version, most });
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
    await Promise.all([this.records.drained(), this.histories.drained()]);
  }

  private async expect(named: Named): Promise<OperationRecord> {
    const found = await this.records.submit(named);
    if (!found) throw OperationNotFound.withId(named.id);
    if (named.generation !== undefined && named.generation !== found.watchGeneration) throw CredentialsInvalid.found();
    return found;
  }

  private async readAll(batch: Named[]): Promise<(OperationRecord | undefined)[]> {
    const values = [batch.map(({ id }) => id), batch.map(({ tenant = null }) => tenant)];
    const { rows } = await this.database.durable.query<OperationRecord>({ ...FIND, values });
    const found = new Map(rows.map((row) => [row.id, row]));
    return batch.map(({ id, tenant }) => {
      const record = found.get(id);
      return tenant === undefined || record?.tenant === tenant ? record : undefined;
    });
  }

  private async readHistories(wanted: WantedEvents[]): Promise<StoredEvent[][]> {
    const values = [wanted.map(({ id }) => id), wanted.map(({ version }) => version), wanted.map(({ most }) => most)];
    const { rows } = await this.database.durable.query<StoredEvent & { place: number }>({ ...EVENTS_AFTER, values });
    const found = wanted.map((): StoredEvent[] => []);
    for (const { place, ...event } of rows) found[place - 1]?.push(event);
    return found;
  }
}
