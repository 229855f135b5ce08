import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { RunningConfig } from '../config/config.js';
import { DueReconciliations } from './ledger/due-reconciliations.js';
import { PaymentAudit } from './ledger/payment-audit.js';
import { PaymentsModule } from './payments.module.js';
import { OrphanedProviderEvents } from './webhooks/orphaned-provider-events.js';
import { ProcessProviderEvents, ProviderEventProcessor } from './webhooks/provider-event.processor.js';
import { ProviderEventEntity } from './webhooks/provider-event.entity.js';

/** The payments work of a process with the role `worker`, beside running their kinds. */
@Module({})
export class PaymentsWorkerModule {
  static for(config: RunningConfig): DynamicModule {
    ProcessProviderEvents(config)(ProviderEventProcessor);
    return {
      module: PaymentsWorkerModule,
      imports: [PaymentsModule, TypeOrmModule.forFeature([ProviderEventEntity])],
      providers: [ProviderEventProcessor, OrphanedProviderEvents, PaymentAudit, DueReconciliations],
    };
  }
}
