import { Injectable } from '@nestjs/common';
import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { OPERATION_EVENTS, type OperationEvent } from '../operations/domain/events.js';
import { OperationQueue } from '../queue/operation-queue.js';

/** What the platform scrapes, in the Prometheus text format. */
@Injectable()
export class Metrics {
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

  constructor(queue: OperationQueue) {
    collectDefaultMetrics({ register: this.registry });
    new Gauge({
      name: 'outcome_queue_jobs',
      help: 'Jobs in the queue by state; a job carries one operation or more.',
      labelNames: ['state'],
      registers: [this.registry],
      async collect() {
        for (const [state, count] of Object.entries(await queue.counts())) this.set({ state }, count);
      },
    });
  }
}

@EventsHandler(...Object.values(OPERATION_EVENTS))
export class CountWhenOperationChanges implements IEventHandler<OperationEvent> {
  constructor(private readonly metrics: Metrics) {}

  handle({ type, subject: { kind, createdAt }, occurredAt, snapshot: { status, finishedAt } }: OperationEvent): void {
    this.metrics.events.inc({ kind, type });
    // What is written down after the ending is no second one.
    if (finishedAt === occurredAt.toISOString())
      this.metrics.duration.observe({ kind, status }, (occurredAt.getTime() - createdAt.getTime()) / 1000);
  }
}
