import { Injectable, Logger } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { withTimeout } from '../time/with-timeout.js';
import { MaintenanceRunner } from '../maintenance/maintenance-runner.js';
import type { OperationEvent } from '../operations/domain/operation-events.js';
import { consumeEvents } from '../operations/events/consume-events.js';
import { Backlog } from '../operations/persistence/backlog.js';
import { OperationReader } from '../operations/persistence/operation.reader.js';
import { OperationQueue } from '../operations/jobs/operation-queue.js';
import { RefusedRequests } from '../problems/refused-requests.js';
import { SECONDS } from '../time/durations.js';

const PATIENCE_MS = 3 * SECONDS;

/** The metrics in the Prometheus text format. */
@Injectable()
export class Metrics {
  private readonly logger = new Logger(Metrics.name);
  readonly registry = new Registry();

  readonly events = new Counter({
    name: 'outcome_operation_events_total',
    help: 'Events of operations that this process has stored.',
    labelNames: ['kind', 'type'],
    registers: [this.registry],
  });

  readonly duration = new Histogram({
    name: 'outcome_operation_duration_seconds',
    help: 'From the start of an operation to its ending.',
    labelNames: ['kind', 'status'],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600],
    registers: [this.registry],
  });

  private readonly databaseUp = new Gauge({
    name: 'outcome_database_up',
    help: '1 where the database has answered this scrape; 0 where not, and what is read from it is left out.',
    registers: [this.registry],
  });

  private readonly queueUp = new Gauge({
    name: 'outcome_queue_up',
    help: 'The same for the queue, which is in the database or in the Redis of REDIS_URL.',
    registers: [this.registry],
  });

  private readonly attention = new Gauge({
    name: 'outcome_operations_attention',
    help: 'Operations of all tenants that a person should look at.',
    registers: [this.registry],
  });

  private readonly jobs = new Gauge({
    name: 'outcome_queue_jobs',
    help: 'Jobs in the queue by state; a job carries one operation or more.',
    labelNames: ['state'],
    registers: [this.registry],
  });

  private readonly waiting = new Gauge({
    name: 'outcome_operations_waiting',
    help: 'Operations that no worker has claimed yet, counted to 100,000; as of the last second.',
    registers: [this.registry],
  });

  private readonly oldestWaiting = new Gauge({
    name: 'outcome_operations_waiting_oldest_seconds',
    help: 'For how long the oldest of them has waited.',
    registers: [this.registry],
  });

  private readonly maintenanceRuns = new Counter({
    name: 'outcome_maintenance_runs_total',
    help: 'Runs of periodic tasks in this process, by how they ended; a task of the cluster runs in one process.',
    labelNames: ['task', 'result'],
    registers: [this.registry],
  });

  private readonly maintenanceSuccess = new Gauge({
    name: 'outcome_maintenance_last_success_timestamp_seconds',
    help: 'When a periodic task has last succeeded in this process.',
    labelNames: ['task'],
    registers: [this.registry],
  });

  private readonly refused = new Counter({
    name: 'outcome_refused_total',
    help: 'Requests, sockets and messages of sockets that this process has refused, by the code of the problem.',
    labelNames: ['code'],
    registers: [this.registry],
  });

  constructor(
    private readonly maintenance: MaintenanceRunner,
    private readonly queue: OperationQueue,
    private readonly backlog: Backlog,
    private readonly operations: OperationReader,
    private readonly refusedRequests: RefusedRequests,
  ) {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Answers even if the database or the queue fails: the metrics are needed most then. */
  async scrape(): Promise<string> {
    this.waiting.set(this.backlog.latest.waiting);
    this.oldestWaiting.set(this.backlog.latest.oldestMs / 1000);
    this.reportMaintenance();
    this.refused.reset();
    for (const [code, count] of this.refusedRequests.counts) this.refused.inc({ code }, count);
    const [counts, attention] = await Promise.all([
      this.ask('queue', this.queueUp, this.queue.counts()),
      this.ask('database', this.databaseUp, this.operations.countAttention()),
    ]);
    this.jobs.reset();
    for (const [state, count] of Object.entries(counts ?? {})) this.jobs.set({ state }, count);
    if (attention === undefined) this.attention.remove();
    else this.attention.set(attention);
    return this.registry.metrics();
  }

  private async ask<T>(from: string, up: Gauge, answer: Promise<T>): Promise<T | undefined> {
    try {
      const tooLate = () => new Error(`The ${from} has not answered within ${PATIENCE_MS} ms.`);
      const answered = await withTimeout(PATIENCE_MS, answer, tooLate);
      up.set(1);
      return answered;
    } catch (err) {
      this.logger.warn({ msg: 'the metrics lack some values', from, err });
      up.set(0);
      return undefined;
    }
  }

  private reportMaintenance(): void {
    this.maintenanceRuns.reset();
    for (const [task, { succeeded, failed, lastSuccessAt }] of this.maintenance.reports) {
      this.maintenanceRuns.inc({ task, result: 'success' }, succeeded);
      this.maintenanceRuns.inc({ task, result: 'failure' }, failed);
      if (lastSuccessAt) this.maintenanceSuccess.set({ task }, lastSuccessAt.getTime() / SECONDS);
    }
  }
}

@Injectable()
export class CountWhenOperationChanges {
  constructor(
    bus: EventBus,
    private readonly metrics: Metrics,
  ) {
    consumeEvents(bus, CountWhenOperationChanges.name, (event) => this.count(event));
  }

  private count({
    type,
    subject: { kind, createdAt },
    occurredAt,
    snapshot: { status, finishedAt },
  }: OperationEvent): void {
    this.metrics.events.inc({ kind, type });
    // An event recorded after the ending is not a second ending.
    if (finishedAt === occurredAt.toISOString())
      this.metrics.duration.observe({ kind, status }, (occurredAt.getTime() - createdAt.getTime()) / 1000);
  }
}
