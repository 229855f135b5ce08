import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { Metrics } from '../../observability/metrics.js';

@Injectable()
export class WebhookMetrics {
  readonly attempts: Counter<'result'>;
  private readonly endpoints: Gauge<'state'>;

  constructor({ registry }: Metrics) {
    this.attempts = new Counter({
      name: 'outcome_webhook_attempts_total',
      help: 'Webhooks that this process has sent, by whether the endpoint answered with success.',
      labelNames: ['result'],
      registers: [registry],
    });
    this.endpoints = new Gauge({
      name: 'outcome_webhook_endpoints',
      help: 'Webhook endpoints; `attention`: disabled because they were gone or kept failing.',
      labelNames: ['state'],
      registers: [registry],
    });
  }

  showEndpoints({ all, disabled, attention }: { all: number; disabled: number; attention: number }): void {
    this.endpoints.set({ state: 'enabled' }, all - disabled);
    this.endpoints.set({ state: 'disabled' }, disabled);
    this.endpoints.set({ state: 'attention' }, attention);
  }
}
