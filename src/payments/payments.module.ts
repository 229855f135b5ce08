import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CONFIG, type RunningConfig } from '../config/config.js';
import { PaymentCapture } from './capture.kind.js';
import { PaymentCharge } from './charge.kind.js';
import { Movements } from './movements.js';
import { PaymentProviders } from './payment-providers.js';
import { PaymentBook } from './persistence/payment-book.js';
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
import { StripeProvider } from './stripe/stripe.provider.js';
import { PaymentVoid } from './void.kind.js';
import { HandleProviderEventHandler } from './webhooks/handle-provider-event.command.js';
import { ProviderEventEntity } from './webhooks/provider-event.entity.js';
import { ReceiveWebhookHandler } from './webhooks/receive-webhook.command.js';

const kinds = [PaymentCharge, PaymentCapture, PaymentVoid, PaymentRefund, PaymentReversal];

const sandbox = [SandboxLedger, SandboxWebhooks, SandboxProvider, ActInDashboardHandler, AnswerSandboxHandler, FindSandboxChargeHandler];

/** Beside the chosen one Stripe stays, where its key is there. The sandbox does not: its webhooks can be signed by anybody. */
function providersOf(config: RunningConfig, sandboxProvider: SandboxProvider): PaymentProviders {
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: webhookSecrets, STRIPE_API_BASE: apiBase } = config;
  const stripe = secretKey === undefined ? [] : [new StripeProvider({ secretKey, webhookSecrets, apiBase })];
  const [chosen, ...others] = config.PAYMENT_PROVIDER === 'sandbox' ? [sandboxProvider, ...stripe] : stripe;
  if (!chosen) throw new Error('Expected STRIPE_SECRET_KEY, since PAYMENT_PROVIDER is "stripe"; the settings are read without it.');
  return new PaymentProviders(chosen, others);
}

@Module({
  imports: [TypeOrmModule.forFeature([ProviderEventEntity])],
  providers: [
    ...kinds,
    ...sandbox,
    Movements,
    PaymentReconciliation,
    PaymentBook,
    GetPaymentHandler,
    ReceiveWebhookHandler,
    HandleProviderEventHandler,
    { provide: PaymentProviders, inject: [CONFIG, SandboxProvider], useFactory: providersOf },
  ],
  exports: [PaymentBook, PaymentProviders],
})
export class PaymentsModule {}
