import { randomUUID } from 'node:crypto';
import { RetryableError, TerminalError } from '../../src/operations/kinds/outcome.js';
import type { Money } from '../../src/payments/providers/currencies.js';
import type { DeclineCode } from '../../src/payments/providers/declines.js';
import type { ChargeRequest, IncomingWebhook, PaymentProvider } from '../../src/payments/providers/payment-provider.js';
import type { HeldClock } from '../support/held-clock.js';

/** What the provider's own books say of a charge. Amounts are in the currency's minor unit. */
export interface ProviderBooks {
  /** How often money was authorized or taken. */
  charges: number;
  authorized: number;
  captured: number;
  refunded: number;
  disputed: number;
  voided: boolean;
}

/** `cancelUnarrived`: of a charge that the provider does not have yet. */
export type FaultyCall = 'charge' | 'capture' | 'void' | 'refund' | 'cancel' | 'cancelUnarrived' | 'lookUp' | 'inspect';

/**
 * The connection is cut, an error on their side, something that is no answer, an answer of nothing, and an object whose
 * status nobody knows. Over HTTP: a 500, no JSON, `{}`.
 */
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
  /** The provider's idea of now. */
  clock: HeldClock;
  books(chargeKey: string): Promise<ProviderBooks>;
  answerCustomer(chargeKey: string, answer: 'approve' | 'refuse'): Promise<void>;
  /** The customer who was declined tries again there, with a card that is good. */
  payAgain(chargeKey: string): Promise<void>;
  completePending(chargeKey: string): Promise<void>;
  /** Somebody moves money of the charge there, or the cardholder's bank does, without a call of ours. */
  actInDashboard(chargeKey: string, act: DashboardAct, amount?: number): Promise<void>;
  /** The provider acts on the next such request, one of `requests`, and its answer is lost or makes no sense. */
  misbehave(request: string, fault: WireFault): void;
  webhooks: WebhooksUnderTest;
  stop(): Promise<void>;
}

export type DashboardAct = 'capture' | 'void' | 'refund' | 'dispute' | 'win_dispute';

export const NOTHING: ProviderBooks = {
  charges: 0,
  authorized: 0,
  captured: 0,
  refunded: 0,
  disputed: 0,
  voided: false,
};

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
  /** A charge that it does not have, by a name as it gives them. */
  unknownCharge: string;
  /**
   * Whatever is sent to it in a call that goes well, in names of the test's own: the answer to each may be lost or make
   * no sense.
   */
  requests: Readonly<Record<FaultyCall, readonly [string, ...string[]]>>;
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

/** What a call says; `thrown`: something untyped, which may hide a charge. */
export const whatCameOf = (answer: Promise<{ type: string }>): Promise<string> =>
  answer.then(
    ({ type }) => type,
    (error: unknown) => {
      if (error instanceof RetryableError) return 'surely not, try again';
      return error instanceof TerminalError ? 'surely not, ever' : 'thrown';
    },
  );

/** Of a call that may have acted. */
export const UNKNOWN = ['unknown', 'thrown'];

/** Where there is nothing, nothing has a status that could be strange. */
export const FAULTS_OF_NOTHING = WIRE_FAULTS.filter((fault) => fault !== 'strange_status');

/** A case for each fault of each request. */
export const casesOf = (
  requests: readonly string[],
  faults: readonly WireFault[],
  caseOf: (faulty: { fault: WireFault; at: string }) => ContractCase,
): ContractCase[] => requests.flatMap((at) => faults.map((fault) => caseOf({ fault, at })));
