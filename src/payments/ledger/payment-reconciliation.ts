import { Injectable, Logger } from '@nestjs/common';
import type { Reconciliation } from '../../operations/kinds/operation-kind.js';
import { OperationReconciler } from '../../operations/kinds/operation-reconciler.js';
import { compareLedger, type Comparison } from './ledger-differences.js';
import { understoodState } from '../providers/answer-check.js';
import type { ChargeState } from '../providers/payment-provider.js';
import { PaymentProviders } from '../providers/payment-provider-register.js';
import type { Payment } from './ledger-entries.js';
import { PaymentLedger } from './payment-ledger.js';
import { ReferenceTaken } from './reference-taken.js';

/** The ledger may change between the provider's answer and the comparison. */
const MOST_ATTEMPTS = 5;

/** Compares the ledger of a charge with its provider now, and enters movements made without us. */
@Injectable()
export class PaymentReconciliation {
  private readonly logger = new Logger(PaymentReconciliation.name);

  constructor(
    private readonly providers: PaymentProviders,
    private readonly ledger: PaymentLedger,
    private readonly reconciler: OperationReconciler,
  ) {}

  async reconcile(chargeOperationId: string): Promise<Reconciliation> {
    for (let attempts = 1; attempts <= MOST_ATTEMPTS; attempts += 1) {
      const payment = await this.ledger.payment(chargeOperationId);
      // Before the charge takes effect, a look-up suffices.
      if (!payment?.reference || payment.authorized === 0) return { type: 'compared', unexplained: [] };
      const done = await this.compare(payment, payment.reference);
      if (done) return done;
    }
    return { type: 'unknown', reason: 'books_keep_changing' };
  }

  private async compare(payment: Payment, charge: string): Promise<Reconciliation | undefined> {
    const { chargeOperationId, provider, currency } = payment;
    const inspected = (await this.providers.of(payment)).inspect({ charge, currency });
    const state = understoodState(await inspected, charge);
    if (state.type === 'unknown') return state;
    if (state.type === 'not_found') return this.unexplained(payment, `${provider} has no charge ${charge}.`);
    if (state.type === 'not_understood')
      return this.unexplained(payment, `${provider} says of ${charge} what is not understood: ${state.reason}.`);
    const found = await this.enter(payment, state);
    if (!found || 'type' in found) return found;
    const { enter, takeBack, restore, reconcile } = found;
    if (enter.length + takeBack.length + restore.length > 0)
      this.logger.warn({
        msg: 'money was moved at the provider without us',
        chargeOperationId,
        enter,
        takeBack,
        restore,
      });
    for (const operationId of reconcile) await this.reconciler.reconcile(operationId);
    return { type: 'compared', unexplained: found.unexplained };
  }

  private async enter(payment: Payment, state: ChargeState): Promise<Comparison | Reconciliation | undefined> {
    try {
      return await this.ledger.reconcile(payment, (now, movements) => compareLedger(now, movements, state));
    } catch (error) {
      if (!(error instanceof ReferenceTaken)) throw error;
      return this.unexplained(payment, error.message);
    }
  }

  /** Asks for an operator's attention; the provider is not asked again sooner than about other charges. */
  private async unexplained(payment: Payment, problem: string): Promise<Reconciliation> {
    await this.ledger.reconcile(payment, () => ({ enter: [], takeBack: [], restore: [] }));
    return { type: 'compared', unexplained: [problem] };
  }
}
