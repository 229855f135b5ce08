import { Module } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { CONFIG } from '../config/config.js';
import { OpenAccounts } from './accounts/open-accounts.js';
import { ProviderAccounts } from './accounts/provider-accounts.js';
import { PaymentCapture } from './kinds/capture.kind.js';
import { PaymentCharge } from './kinds/charge.kind.js';
import { Movements } from './kinds/movements.js';
import { PaymentProviders } from './providers/payment-provider-register.js';
import { providersSetUp } from './providers/provider-setup.js';
import { PaymentLedger } from './ledger/payment-ledger.js';
import { GetPaymentHandler } from './ledger/get-payment.query.js';
import { PaymentReconciliation } from './ledger/payment-reconciliation.js';
import { PaymentRefund } from './kinds/refund.kind.js';
import { PaymentReversal } from './kinds/reversal.kind.js';
import { ActInDashboardHandler } from './providers/sandbox/act-in-dashboard.command.js';
import { AnswerSandboxHandler } from './providers/sandbox/answer-sandbox.command.js';
import { FindSandboxChargeHandler } from './providers/sandbox/find-sandbox-charge.query.js';
import { SandboxLedger } from './providers/sandbox/sandbox-ledger.js';
import { SandboxProvider } from './providers/sandbox/sandbox.provider.js';
import { SandboxWebhooks } from './providers/sandbox/sandbox-webhooks.js';
import { PaymentVoid } from './kinds/void.kind.js';
import { HandleProviderEventHandler } from './webhooks/handle-provider-event.command.js';
import { ProviderEventQueue, providerEventQueue } from './webhooks/provider-event-queue.js';
import { ReceiveWebhookHandler } from './webhooks/receive-webhook.command.js';

const kinds = [PaymentCharge, PaymentCapture, PaymentVoid, PaymentRefund, PaymentReversal];

const sandbox = [
  SandboxLedger,
  SandboxWebhooks,
  SandboxProvider,
  ActInDashboardHandler,
  AnswerSandboxHandler,
  FindSandboxChargeHandler,
];

@Module({
  providers: [
    ...kinds,
    ...sandbox,
    Movements,
    PaymentReconciliation,
    PaymentLedger,
    GetPaymentHandler,
    providerEventQueue,
    ReceiveWebhookHandler,
    HandleProviderEventHandler,
    ProviderAccounts,
    OpenAccounts,
    {
      provide: PaymentProviders,
      inject: [CONFIG.payments, SandboxProvider, Clock, OpenAccounts],
      useFactory: providersSetUp,
    },
  ],
  exports: [PaymentLedger, PaymentProviders, ProviderEventQueue],
})
export class PaymentsModule {}
