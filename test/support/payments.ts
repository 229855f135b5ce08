import type { OperationView } from '../../src/operations/contract/operation-view.js';
import type { PaymentProvider } from '../../src/payments/providers/payment-provider.js';
import { PaymentProviders } from '../../src/payments/providers/payment-provider-register.js';
import { SandboxLedger } from '../../src/payments/providers/sandbox/sandbox-ledger.js';
import type { PaymentView } from '../../src/payments/ledger/get-payment.query.js';
import type { Service } from './service.js';
import { operationOnce } from './work.js';

/** The provider of new charges. */
export const providerOf = ({ outcome }: Service): PaymentProvider =>
  outcome.app.get(PaymentProviders, { strict: false }).chosen;

/** The secret that signs the webhooks of a service's sandbox. */
export const sandboxSecret = ({ outcome }: Service): Promise<string> =>
  outcome.app.get(SandboxLedger, { strict: false }).webhookSecret();

export interface Ledger {
  authorized: number;
  captured: number;
  refunded: number;
  voided: boolean;
}

/** Payments through a running service: a shop's calls, and the sandbox's own records. */
export class PaymentsOf {
  constructor(private readonly service: Service) {}

  /** A successful charge of EUR 19.99. */
  async charged(paymentMethod = 'pm_card_visa', more: Record<string, unknown> = {}): Promise<OperationView> {
    const charge = await this.done('payment.charge', { amount: 1999, currency: 'EUR', paymentMethod, ...more });
    if (charge.status !== 'success')
      throw new Error(`Expected the charge to succeed, found ${JSON.stringify(charge)}.`);
    return charge;
  }

  authorized(): Promise<OperationView> {
    return this.charged('pm_card_visa', { capture: false });
  }

  async waitingForTheCustomer(
    paymentMethod = 'pm_card_authenticationRequired',
    more: Record<string, unknown> = {},
  ): Promise<OperationView> {
    const { body } = await this.service.start('payment.charge', {
      amount: 1999,
      currency: 'EUR',
      paymentMethod,
      ...more,
    });
    return operationOnce(this.service, body.id, ({ status }) => status === 'requires_action');
  }

  /** Starts an operation and follows it to its ending. */
  async done(kind: string, input: unknown): Promise<OperationView> {
    const { status, body } = await this.service.start(kind, input);
    if (status !== 202) throw new Error(`Expected ${kind} to be accepted, found ${status}: ${JSON.stringify(body)}.`);
    return this.service.ending(body.id);
  }

  async payment(chargeOperationId: string): Promise<PaymentView> {
    return (await this.service.get<PaymentView>(`/api/payments/${chargeOperationId}`)).body;
  }

  /** The charge in the sandbox's records. */
  async ledger(chargeOperationId: string): Promise<Ledger> {
    const { rows } = await this.service.database.client.query<Ledger>(
      `SELECT CASE outcome WHEN 'charged' THEN amount ELSE 0 END::integer AS authorized, captured::integer,
        refunded::integer, voided_at IS NOT NULL AS voided
       FROM sandbox.charge WHERE idempotency_key = $1`,
      [chargeOperationId],
    );
    return rows[0] ?? { authorized: 0, captured: 0, refunded: 0, voided: false };
  }
}
