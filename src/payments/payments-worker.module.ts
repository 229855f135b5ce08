import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { DueReconciliations } from './ledger/due-reconciliations.task.js';
import { PaymentAudit } from './ledger/payment-audit.task.js';
import { PaymentsModule } from './payments.module.js';
import { OrphanedProviderEvents } from './webhooks/orphaned-provider-events.task.js';
import { ProcessProviderEvents, ProviderEventProcessor } from './webhooks/provider-event.processor.js';

/** The payments tasks and processors of a process in the role `worker`, beside running its kinds. */
@Module({})
export class PaymentsWorkerModule {
  static for(config: Config['worker']): DynamicModule {
    ProcessProviderEvents(config)(ProviderEventProcessor);
    return {
      module: PaymentsWorkerModule,
      imports: [PaymentsModule],
      providers: [ProviderEventProcessor, OrphanedProviderEvents, PaymentAudit, DueReconciliations],
    };
  }
}
