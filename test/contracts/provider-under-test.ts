import { randomUUID } from 'node:crypto';
import { RetryableError, TerminalError } from '../../src/operations/kinds/outcome.js';
import type { Money } from '../../src/payments/providers/currencies.js';
import type { DeclineCode } from '../../src/payments/providers/declines.js';
import type { ChargeRequest, IncomingWebhook, PaymentProvider } from '../../src/payments/providers/payment-provider.js';
import type { HeldClock } from '../support/held-clock.js';

/** A charge in the provider's own records. Amounts are in the currency's minor unit. */
export interface ProviderBooks {
  /** How often money was authorized or taken. */
  charges: number;
  authorized: number;
  captured: number;
  refunded: number;
  disputed: number;
  voided: boolean;
}

/** `cancelUnarrived`: cancels a charge that the provider does not have yet. */
export type FaultyCall = 'charge' | 'capture' | 'void' | 'refund' | 'cancel' | 'cancelUnarrived' | 'lookUp' | 'inspect';

/**
 * The connection breaks, a server error, an unreadable answer, an empty one, and an object with an unknown status. Over
 * HTTP: a 500, no JSON, `{}`.
 */
export const WIRE_FAULTS = ['cut', 'error_500', 'garbage', 'empty', 'strange_status'] as const;
export type WireFault = (typeof WIRE_FAULTS)[number];

/** How the provider's webhooks are signed, and how to forge them. */
export interface WebhooksUnderTest {
  /** A genuine webhook of the provider. */
  about(chargeKey: string): Promise<IncomingWebhook>;
  /** Every configured secret. */
  secrets: readonly string[];
  /** A body with the provider's signature; by default of now, under the first secret. */
  signed(body: Buffer, signing?: { at?: Date; secret?: string }): IncomingWebhook;
  /** Forgeries of a genuine webhook by someone without the secret, by what was changed. */
  forged(genuine: IncomingWebhook): Record<string, IncomingWebhook>;
}

/** A provider under test. `chargeKey` is the idempotency key of a charge. */
export interface ProviderUnderTest {
  provider: PaymentProvider;
  /** The provider's clock. */
  clock: HeldClock;
  books(chargeKey: string): Promise<ProviderBooks>;
  answerCustomer(chargeKey: string, answer: 'approve' | 'refuse'): Promise<void>;
  /** The declined customer pays again at the provider with a valid card. */
  payAgain(chargeKey: string): Promise<void>;
  completePending(chargeKey: string): Promise<void>;
  /** A day later: the keys that the provider keeps for no longer are gone. */
  forgetKeys(): void;
  /** An operator at the provider or the cardholder's bank moves money of the charge, without a call of ours. */
  actInDashboard(chargeKey: string, act: DashboardAct, amount?: number): Promise<void>;
  /** The provider executes the next such request of `requests`, and its answer is lost or unreadable. */
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

/** Payment methods that script the provider's behavior. */
export interface ProviderMethods {
  charged: string;
  declined: Readonly<Record<string, DeclineCode>>;
  unknown: string;
  /** Charged, but the answer to the first request is lost. */
  chargedAnswerLost: string;
  /** Not charged, and the answer to the first request is lost. */
  notChargedAnswerLost: string;
  /** The first request is lost before it arrives. */
  neverArrived: string;
  /** The provider cannot be reached, at least for the first request. */
  unavailable: string;
  /** The provider can be reached again after a few requests. */
  unavailableAtFirst: string;
  actionRequired: string;
  pending: string;
  /** A charge that the provider does not have, in its format of references. */
  unknownCharge: string;
  /** The requests of each successful call, by names of the tests: the answer to each may be lost or unreadable. */
  requests: Readonly<Record<FaultyCall, readonly [string, ...string[]]>>;
  /** The largest amounts that it takes, including currencies with another unit. */
  takes: readonly Money[];
  /** Valid amounts that the provider refuses all the same. */
  refuses: readonly (Money & { code: DeclineCode })[];
}

/** One requirement for every provider; a test can also run it against a mistaken one. */
export interface ContractCase {
  title: string;
  run(under: ProviderUnderTest, methods: ProviderMethods): Promise<void>;
}

export function chargeOf(paymentMethod: string, more: Partial<ChargeRequest> = {}): ChargeRequest {
  const operationId = randomUUID();
  const sample = { amount: 1999, currency: 'EUR', capture: true, offSession: false, description: 'Tea' };
  return { operationId, idempotencyKey: operationId, startedAt: new Date(), paymentMethod, ...sample, ...more };
}

/** The type of a call's answer; `thrown`: an untyped error, which may hide a charge. */
export const whatCameOf = (answer: Promise<{ type: string }>): Promise<string> =>
  answer.then(
    ({ type }) => type,
    (error: unknown) => {
      if (error instanceof RetryableError) return 'surely not, try again';
      return error instanceof TerminalError ? 'surely not, ever' : 'thrown';
    },
  );

/** The answers of a call that may have acted. */
export const UNKNOWN = ['unknown', 'thrown'];

/** Faults of an answer without an object, which has no status. */
export const FAULTS_OF_NOTHING = WIRE_FAULTS.filter((fault) => fault !== 'strange_status');

/** A case for each fault of each request. */
export const casesOf = (
  requests: readonly string[],
  faults: readonly WireFault[],
  caseOf: (faulty: { fault: WireFault; at: string }) => ContractCase,
): ContractCase[] => requests.flatMap((at) => faults.map((fault) => caseOf({ fault, at })));
