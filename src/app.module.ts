import { type DynamicModule, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { AccessModule } from './access/access.module.js';
import { AddressModule } from './address/address.module.js';
import { ArticleModule } from './compat/article.module.js';
import { ClockModule } from './clock/clock.module.js';
import type { RunningConfig } from './config/config.js';
import { ConfigModule } from './config/config.module.js';
import { DatabaseModule } from './database/database.module.js';
import { FeedModule } from './operations/feed/feed.module.js';
import { SignalrModule } from './delivery/signalr/signalr.module.js';
import { SocketModule } from './delivery/socket/socket.module.js';
import { SseModule } from './delivery/sse/sse.module.js';
import { WebhooksModule } from './delivery/webhooks/webhooks.module.js';
import { DemoModule } from './demo/demo.module.js';
import { ENTITIES } from './entities.js';
import { HealthModule } from './health/health.module.js';
import { MaintenanceModule } from './maintenance/maintenance.module.js';
import { ObservabilityModule } from './observability/observability.module.js';
import { OperationsHttpModule } from './operations/http/operations-http.module.js';
import { OperationsModule } from './operations/operations.module.js';
import { WorkerModule } from './operations/worker.module.js';
import { PageModule } from './page/page.module.js';
import { PaymentsHttpModule } from './payments/http/payments-http.module.js';
import { PaymentsModule } from './payments/payments.module.js';
import { PaymentsWorkerModule } from './payments/payments-worker.module.js';
import { RetentionModule } from './retention/retention.module.js';
import { QueueModule } from './queue/queue.module.js';
import { SecretsModule } from './secrets/secrets.module.js';

/** The modules of every process: the domain, its kinds, its storage and the monitoring. */
const COMMON = [
  DatabaseModule.with(ENTITIES),
  ClockModule,
  SecretsModule,
  MaintenanceModule,
  AddressModule,
  CqrsModule.forRoot(),
  OperationsModule,
  PaymentsModule,
  DemoModule,
  HealthModule,
  ObservabilityModule,
];

/** The modules of a process in the role `api`. */
const API = [OperationsHttpModule, SocketModule, SseModule, SignalrModule, ArticleModule, PageModule];

@Module({})
export class AppModule {
  static for(config: RunningConfig): DynamicModule {
    const roles = [
      WebhooksModule.for(config.roles),
      ...(config.roles.includes('api') ? [...API, PaymentsHttpModule.for(config.payments)] : []),
      ...(config.roles.includes('worker')
        ? [WorkerModule.for(config.worker), PaymentsWorkerModule.for(config.worker), RetentionModule]
        : []),
    ];
    return {
      module: AppModule,
      imports: [
        ConfigModule.for(config),
        AccessModule.for(config.access),
        QueueModule.for(config.redis),
        FeedModule.for(config),
        ...COMMON,
        ...roles,
      ],
    };
  }
}
