import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DAYS, SECONDS } from '../../time/durations.js';
import type { StoredEvent } from '../domain/operation-events.js';
import type { Operation, OperationRecord, OperationRef } from '../domain/operation.js';
import { eventRowOf } from './event-row.js';

/** Many more than are started while the answer to a start is on its way to a client. */
const MOST = 500;
/** Of an operation that reports its progress by and by; far below the page of a history. */
const MOST_EVENTS = 20;
const MOST_REVOKED = 10_000;
/** Another process's news about an operation may come as late as this anyway. */
const KEPT_MS = 2 * SECONDS;

/** An operation as this process has committed it last, with all of its events. */
export interface RecentOperation {
  record: Readonly<Omit<OperationRecord, 'input'>>;
  events: readonly StoredEvent[];
}

/**
 * The operations that this process has claimed with their start, for as long as no other process can have changed them:
 * who joins such a one is answered without the database. One that has got a job is not among them. While a change of it
 * is being stored, it is as it was before: who joins then is pushed the change.
 */
@Injectable()
export class RecentOperations {
  private readonly operations = new LRUCache<string, RecentOperation>({ max: MOST, ttl: KEPT_MS });
  /** Made at the first revocation. Watch tokens last a day. */
  private revoked: LRUCache<string, true> | undefined;

  /**
   * Undefined also where it is another tenant's, behind a version that the caller knows of, or of another generation of
   * watch tokens than the caller's.
   */
  find({ id, tenant, generation }: OperationRef, knownVersion: number): RecentOperation | undefined {
    const recent = this.operations.get(id);
    if (!recent || recent.record.tenant !== tenant || recent.record.version < knownVersion) return undefined;
    return generation === undefined || generation === recent.record.watchGeneration ? recent : undefined;
  }

  /** Its watch tokens are revoked, which no record here knows: from now on, the database is asked. */
  forgetForever(id: string): void {
    this.revoked ??= new LRUCache({ max: MOST_REVOKED, ttl: 2 * DAYS });
    this.revoked.set(id, true);
    this.operations.delete(id);
  }

  /** Claimed with its start, and stored. */
  add({ current, events }: Operation): void {
    this.put(current, events.map(eventRowOf));
  }

  /** A change of it is stored: it stays only if none but this process has changed it, and it has no job. */
  change({ id, current, expected, events }: Operation): void {
    const recent = this.operations.get(id);
    if (!recent) return;
    const { version, jobId } = recent.record;
    if (version === expected.version && jobId === current.jobId)
      this.put(current, [...recent.events, ...events.map(eventRowOf)]);
    else this.forget(id);
  }

  /** A change of it was not stored, or another process may change it from now on. */
  forget(id: string): void {
    this.operations.delete(id);
  }

  private put(current: Readonly<OperationRecord>, events: readonly StoredEvent[]): void {
    // The input may be large, and nobody reads it here.
    const record = { ...current, input: undefined };
    if (events.length <= MOST_EVENTS && !this.revoked?.has(record.id))
      this.operations.set(record.id, { record, events });
    else this.operations.delete(record.id);
  }
}
