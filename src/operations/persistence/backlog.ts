import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config.js';
import { Database } from '../../database/database.js';
import { Backlogged } from '../domain/operation-errors.js';
import { type HasMaintenanceTasks, Maintenance, type MaintenanceTask } from '../../maintenance/maintenance-task.js';
import { SECONDS } from '../../time/durations.js';
import { LOOK } from './backlog.sql.js';

export interface Waiting {
  /** Operations that wait for a worker, counted up to 100,000. */
  waiting: number;
  /** How long the oldest one has waited, in milliseconds. */
  oldestMs: number;
}

interface TenantBacklog extends Waiting {
  tenant: string;
  /** Begun operations whose next attempt is due. */
  overdue: number;
  /** How long the oldest one beyond its part of WORKER_CONCURRENCY has waited, in milliseconds. */
  backlogMs: number;
}

/**
 * Measures the backlog every second, by tenants, so that a service that falls behind refuses new operations of those
 * who are behind, and serves the others first.
 */
@Injectable()
@Maintenance()
export class Backlog implements HasMaintenanceTasks {
  /** Of all tenants. */
  latest: Waiting = { waiting: 0, oldestMs: 0 };
  private byTenant = new Map<string, TenantBacklog>();
  /** What this process has stored since the measurement. */
  private readonly storedSince = new Map<string, number>();

  constructor(
    private readonly database: Database,
    @Inject(CONFIG.worker) private readonly config: Config['worker'],
  ) {}

  tasks(): MaintenanceTask[] {
    return [{ name: 'backlog', everyMs: SECONDS, scope: 'node', run: () => this.measure() }];
  }

  /**
   * Where MAX_QUEUE_LENGTH operations wait, those are refused who have an equal part of them waiting, or more.
   * @throws Backlogged if a new operation of the tenant would wait longer than MAX_QUEUE_AGE_MS, or is too many
   */
  refuseWhatWouldWaitTooLong(tenant: string): void {
    const { maxQueueAgeMs: longest, maxQueueLength: most } = this.config;
    const { backlogMs = 0, waiting = 0 } = this.byTenant.get(tenant) ?? {};
    if (longest > 0 && backlogMs > longest) throw Backlogged.by(backlogMs, longest);
    if (most === 0) return;
    const stored = [...this.storedSince.values()].reduce((sum, count) => sum + count, 0);
    if (this.latest.waiting + stored < most) return;
    const waitingOfIt = waiting + (this.storedSince.get(tenant) ?? 0);
    const tenants = new Set([...this.byTenant.keys(), ...this.storedSince.keys(), tenant]).size;
    if (waitingOfIt * tenants >= most) throw Backlogged.byNumber(this.latest.waiting + stored, most);
  }

  /** Operations of the tenant that wait in the queue, new or begun, as far as this process knows. */
  inQueueOf(tenant: string): number {
    const { waiting = 0, overdue = 0 } = this.byTenant.get(tenant) ?? {};
    return waiting + overdue + (this.storedSince.get(tenant) ?? 0);
  }

  /** New operations of the tenant have been put into the queue. */
  stored(tenant: string, count: number): void {
    this.storedSince.set(tenant, (this.storedSince.get(tenant) ?? 0) + count);
  }

  /** If the measurement fails, the service refuses nothing. */
  private async measure(): Promise<void> {
    const before = new Map(this.storedSince);
    try {
      this.take(await this.look());
    } catch (error) {
      this.take([]);
      throw error;
    } finally {
      // What was stored while the database looked may be counted twice, until the next look.
      for (const [tenant, count] of before) {
        const since = (this.storedSince.get(tenant) ?? 0) - count;
        if (since > 0) this.storedSince.set(tenant, since);
        else this.storedSince.delete(tenant);
      }
    }
  }

  private take(rows: readonly TenantBacklog[]): void {
    this.byTenant = new Map(rows.map((row) => [row.tenant, row]));
    this.latest = {
      waiting: rows.reduce((sum, { waiting }) => sum + waiting, 0),
      oldestMs: Math.max(0, ...rows.map(({ oldestMs }) => oldestMs)),
    };
  }

  private async look(): Promise<TenantBacklog[]> {
    const { rows } = await this.database.durable.query<TenantBacklog>({ ...LOOK, values: [this.config.concurrency] });
    return rows;
  }
}
