import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CONFIG } from '../config/config.js';
import { PaymentCapture } from './capture.kind.js';
import { PaymentCharge } from './charge.kind.js';
import { Movements } from './movements.js';
import { PaymentProviders } from './payment-providers.js';
import { providersSetUp } from './providers-set-up.js';
import { PaymentLedger } from './persistence/payment-ledger.js';
import { GetPaymentHandler } from './queries/get-payment.query.js';
import { PaymentReconciliation } from './reconciliation.js';
import { PaymentRefund } from './refund.kind.js';
import { PaymentReversal } from './reversal.kind.js';
import { ActInDashboardHandler } from './sandbox/act-in-dashboard.command.js';
import { AnswerSandboxHandler } from './sandbox/answer-sandbox.command.js';
import { FindSandboxChargeHandler } from './sandbox/find-sandbox-charge.query.js';
import { SandboxLedger } from './sandbox/sandbox-ledger.js';
import { SandboxProvider } from './sandbox/sandbox.provider.js';
import { SandboxWebhooks } from './sandbox/sandbox-webhooks.js';
import { PaymentVoid } from './void.kind.js';
import { HandleProviderEventHandler } from './webhooks/handle-provider-event.command.js';
import { ProviderEventEntity } from './webhooks/provider-event.entity.js';
import { ReceiveWebhookHandler } from './webhooks/receive-webhook.command.js';

const kinds = [PaymentCharge, PaymentCapture, PaymentVoid, PaymentRefund, PaymentReversal];

const sandbox = [SandboxLedger, SandboxWebhooks, SandboxProvider, ActInDashboardHandler, AnswerSandboxHandler, FindSandboxChargeHandler];

@Module({
  imports: [TypeOrmModule.forFeature([ProviderEventEntity])],
  providers: [
    ...kinds,
    ...sandbox,
    Movements,
    PaymentReconciliation,
    PaymentLedger,
    GetPaymentHandler,
    ReceiveWebhookHandler,
    HandleProviderEventHandler,
    { provide: PaymentProviders, inject: [CONFIG, SandboxProvider], useFactory: providersSetUp },
  ],
  exports: [PaymentLedger, PaymentProviders],
})
export class PaymentsModule {}
