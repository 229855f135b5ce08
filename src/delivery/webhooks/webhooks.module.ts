import { type DynamicModule, Module } from '@nestjs/common';
import { ObservabilityModule } from '../../observability/observability.module.js';
import { WebhookBodies } from './webhook-bodies.js';
import { WebhookDeliveries } from './webhook-deliveries.js';
import { WebhookDispatcher } from './webhook-dispatcher.js';
import { WebhookEndpoints } from './webhook-endpoints.js';
import { WebhookEndpointsController } from './webhook-endpoints.controller.js';
import { WebhookMetrics } from './webhook-metrics.js';
import { WebhookRetention } from './webhook-retention.task.js';
import { WebhookSecrets } from './webhook-secrets.js';
import { WebhookSender } from './webhook-sender.js';
import { WebhookWork } from './webhook-work.js';

/** The role `api` manages endpoints, the role `worker` sends. */
@Module({ providers: [WebhookBodies, WebhookWork], exports: [WebhookBodies, WebhookWork] })
export class WebhooksModule {
  static for(roles: readonly string[]): DynamicModule {
    return {
      module: WebhooksModule,
      imports: [ObservabilityModule],
      controllers: roles.includes('api') ? [WebhookEndpointsController] : [],
      providers: [
        WebhookSecrets,
        ...(roles.includes('api') ? [WebhookEndpoints, WebhookDeliveries] : []),
        ...(roles.includes('worker') ? [WebhookSender, WebhookMetrics, WebhookDispatcher, WebhookRetention] : []),
      ],
    };
  }
}
