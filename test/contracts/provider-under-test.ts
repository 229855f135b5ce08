import { randomUUID } from 'node:crypto';
import type { Money } from '../../src/payments/currencies.js';
import type { DeclineCode } from '../../src/payments/declines.js';
import type { ChargeRequest, IncomingWebhook, PaymentProvider } from '../../src/payments/payment-provider.js';

/** What the provider's own books say of a charge. Amounts are in the currency's minor unit. */
export interface ProviderBooks {
  /** How often money was authorised or taken. */
  charges: number;
  authorised: number;
  captured: number;
  refunded: number;
  disputed: number;
  voided: boolean;
}

export type FaultyCall = 'charge' | 'capture' | 'void' | 'refund' | 'cancel' | 'lookUp';

/** The connection is cut, a 500, something that is no JSON, JSON of nothing, and an object whose status nobody knows. */
export const WIRE_FAULTS = ['cut', 'error_500', 'garbage', 'empty', 'strange_status'] as const;
export type WireFault = (typeof WIRE_FAULTS)[number];

/** How the provider's webhooks are signed, and how one would forge them. */
export interface WebhooksUnderTest {
  /** A genuine one, as the provider would send it. */
  about(chargeKey: string): Promise<IncomingWebhook>;
  /** Every secret that is set up here. */
  secrets: readonly string[];
  /** These bytes with the provider's signature: of now, under the first secret, unless it is said otherwise. */
  signed(body: Buffer, signing?: { at?: Date; secret?: string }): IncomingWebhook;
  /** What somebody without the secret would make of a genuine one, by what they have done to it. */
  forged(genuine: IncomingWebhook): Record<string, IncomingWebhook>;
}

/** A provider under test. `chargeKey` is the idempotency key that a charge was sent under. */
export interface ProviderUnderTest {
  provider: PaymentProvider;
  books(chargeKey: string): Promise<ProviderBooks>;
  answerCustomer(chargeKey: string, answer: 'approve' | 'refuse'): Promise<void>;
  /** The customer who was declined tries again there, with a card that is good. */
  payAgain(chargeKey: string): Promise<void>;
  settlePending(chargeKey: string): Promise<void>;
  /** Somebody moves money of the charge there, or the cardholder's bank does, without a call of ours. */
  actInDashboard(chargeKey: string, act: DashboardAct, amount?: number): Promise<void>;
  /** The provider acts on the next request of this call, and its answer is lost or makes no sense. Only the sandbox has no wire for that. */
  misbehave?(call: FaultyCall, fault: WireFault): void;
  webhooks: WebhooksUnderTest;
  stop(): Promise<void>;
}

export type DashboardAct = 'capture' | 'void' | 'refund' | 'dispute' | 'win_dispute';

/** The payment methods by which a provider is made to behave. */
export interface ProviderMethods {
  charged: string;
  declined: Readonly<Record<string, DeclineCode>>;
  unknown: string;
  /** Is charged, and the answer to the first request is lost. */
  chargedAnswerLost: string;
  /** Is not charged, and the answer to the first request is lost. */
  notChargedAnswerLost: string;
  /** The first request is lost before it arrives. */
  neverArrived: string;
  /** The provider cannot be reached, for the first request at least. */
  unavailable: string;
  /** The provider can be reached again after a few requests. */
  unavailableAtFirst: string;
  actionRequired: string;
  pending: string;
  /** The greatest amounts that it takes, and those of currencies in which it counts otherwise. */
  takes: readonly Money[];
  /** Valid money all the same. */
  refuses: readonly (Money & { code: DeclineCode })[];
}

/** One thing that every provider must keep; it can be held against a provider that does not, too. */
export interface ContractCase {
  title: string;
  run(under: ProviderUnderTest, methods: ProviderMethods): Promise<void>;
}

export function chargeOf(paymentMethod: string, more: Partial<ChargeRequest> = {}): ChargeRequest {
  const operationId = randomUUID();
  const sample = { amount: 1999, currency: 'EUR', capture: true, offSession: false, description: 'Tea' };
  return { operationId, idempotencyKey: operationId, paymentMethod, ...sample, ...more };
}
