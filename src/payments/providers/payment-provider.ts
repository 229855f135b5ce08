import type { NextAction } from '../../operations/domain/operation-events.js';
import { DomainError } from '../../errors/domain-error.js';
import type { DeclineCode } from './declines.js';

/** A call that moves money, or prevents a movement. */
interface Call {
  /** The same for every attempt of one operation: the provider acts at most once under it. */
  idempotencyKey: string;
  /** Our operation, which the provider keeps with the object that it makes, so that its webhooks can name it. */
  operationId: string;
}

export interface ChargeRequest extends Call {
  /** In the currency's minor unit. */
  amount: number;
  /** ISO 4217. */
  currency: string;
  /** A token of the provider's. */
  paymentMethod: string;
  /** False: the money is authorized only, to be captured or voided later. */
  capture: boolean;
  /** The customer is not there: a provider that would ask them declines instead. */
  offSession: boolean;
  /** The provider's name of the customer, where the payment method belongs to one. */
  customer?: string | undefined;
  description?: string | undefined;
  /** Where the provider sends the customer back after asking them on its own page. */
  returnUrl?: string | undefined;
}

/** A charge that the provider has. */
export interface ChargeReference {
  /** The provider's name of the charge. */
  charge: string;
  /** ISO 4217. */
  currency: string;
}

export interface CaptureRequest extends Call, ChargeReference {
  /** At most what was authorized; the rest is released. */
  amount: number;
}

export type VoidRequest = Call & ChargeReference;

export interface RefundRequest extends Call, ChargeReference {
  amount: number;
  reason?: string | undefined;
}

/** A charge to cancel, whose reference may not be known. */
export interface CancelRequest extends Call {
  /** The key of the charge. */
  chargeKey: string;
  /** The provider's name of the charge, where an answer has told it. */
  charge: string | null;
  /** When it was first sent. */
  sentAt: Date;
}

/** The call to look up, by the idempotency key that it was sent under. */
export interface ProviderInquiry {
  call: 'charge' | 'capture' | 'void' | 'refund';
  idempotencyKey: string;
  /** The provider's name of the charge that the call made or was about. Null: of a charge whose answer was lost. */
  charge: string | null;
  /** When the call was first sent. */
  sentAt: Date;
}

/**
 * What a provider says to any call. A status of the provider that we do not know is `unknown`, never success or
 * failure.
 */
export type ProviderAnswer =
  | Succeeded
  /** It surely has no effect, now and later. */
  | Declined
  /** The customer must do something first; nothing has moved yet. */
  | { type: 'action_required'; reference: string; nextAction: NextAction }
  /** The provider has it and will tell later. */
  | { type: 'pending'; reference: string }
  /** The request has left and no answer that we understand has come: it may or may not have had its effect. */
  | Unknown;

export interface Succeeded {
  type: 'succeeded';
  /** The provider's name of the charge, capture or refund that was made; for a void or a cancel, of the charge. */
  reference: string;
  /** What was moved, in the currency's minor unit: authorized by a charge, captured, refunded or released. */
  amount: number;
  /** Of a charge: whether the money was captured, and not authorized only. */
  captured?: boolean;
}

export interface Unknown {
  type: 'unknown';
  reason: string;
  /** What stood in the way, for the log. */
  cause?: unknown;
  /** The provider's own word for it. */
  providerCode?: string | null;
}

export interface Declined {
  type: 'declined';
  /** The provider's name of the declined object, if it made one: its webhooks may use it. */
  reference?: string;
  code: DeclineCode;
  /** The provider's own word for it. */
  providerCode: string | null;
  /** Of a charge that the customer could still pay there by other means, unless it is canceled. */
  payable?: true;
}

/** `never_arrived`: the provider surely has no such call, so that it may be sent again under its key. */
export type ProviderLookUp = ProviderAnswer | { type: 'never_arrived' };

/** How a charge stands at the provider now, whether we or others acted. Amounts are in the currency's minor unit. */
export interface ChargeState {
  type: 'found';
  /** The provider's name of the charge. */
  reference: string;
  /** Our operation, as the provider keeps it with the charge; null where it keeps none. */
  operationId: string | null;
  /** ISO 4217. */
  currency: string;
  /** Authorized or taken once, whatever became of it. */
  authorized: number;
  /** In all: with the charge, or later. */
  captured: number;
  /** All movements since, oldest first. */
  movements: readonly ChargeMovement[];
}

/** A dispute has taken the money back from us; an inquiry that takes nothing is none. */
export interface ChargeMovement {
  type: 'capture' | 'void' | 'refund' | 'dispute';
  /** The provider's name of it. */
  reference: string;
  amount: number;
  /** The key of the call that made it; null where the provider does not tell, or no call of ours did. */
  idempotencyKey: string | null;
  /** False: it was taken back, such as a refund that a bank has returned or a dispute that was won. */
  stands: boolean;
}

export type Inspection =
  | ChargeState
  /** The provider surely has no charge of that name. */
  | { type: 'not_found' }
  /** It has answered with something that we do not know, which a person must look at. */
  | { type: 'not_understood'; reason: string }
  /** It cannot be asked now. */
  | { type: 'unknown'; reason: string };

/** Something has happened at the provider. It is a hint: the service looks up the truth. */
export interface ProviderEvent {
  /** The provider's id of the event: an event that is sent twice has it twice. */
  id: string;
  /** In the provider's words. */
  type: string;
  occurredAt: Date;
  /** Our operation, where the event names it. */
  operationId: string | null;
  /** The provider's name of the charge or refund that it is about; null where it is about neither. */
  reference: string | null;
}

/** What was sent to our webhook, as it came over the wire. */
export interface IncomingWebhook {
  body: Buffer;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
}

/** The webhook is not the provider's, is too old, or has another shape: the service ignores all of it. */
export class WebhookRefused extends DomainError {
  readonly code = 'webhook_refused';

  constructor(message: string, options?: ErrorOptions) {
    super(message, undefined, options);
  }
}

/** What the provider's tokens of payment methods look like. */
export interface PaymentMethodTokens {
  pattern: RegExp;
  /** With an example, as in `a token of Stripe’s, such as pm_card_visa`. */
  description: string;
  /** Tokens that can be tried, the first of which is charged; each with what becomes of it. */
  examples: Readonly<Record<string, string>>;
}

/**
 * A party that moves money. Every provider passes test/contracts/payment-provider.
 *
 * What goes wrong is typed (operations/kinds/outcome): a RetryableError says that the provider surely has not acted and
 * may answer later, a TerminalError that it surely has not acted and never will. Whatever else is thrown may hide a
 * charge.
 */
export abstract class PaymentProvider {
  /** As it stands in receipts, in the webhook's address and in PAYMENT_PROVIDER. */
  abstract readonly name: string;

  /** Only new charges are checked against it; past ones may have been another provider's. */
  abstract readonly paymentMethods: PaymentMethodTokens;

  /** Whether real money moves, as it is set up here. */
  abstract readonly live: boolean;

  /** Takes the money, or authorizes it. @throws RetryableError, TerminalError */
  abstract charge(request: ChargeRequest): Promise<ProviderAnswer>;

  /** Takes what was authorized, once. @throws RetryableError, TerminalError */
  abstract capture(request: CaptureRequest): Promise<ProviderAnswer>;

  /**
   * Releases what was authorized; declined as `already_captured` where it is too late. @throws RetryableError,
   * TerminalError
   */
  abstract void(request: VoidRequest): Promise<ProviderAnswer>;

  /** Gives back captured money. @throws RetryableError, TerminalError */
  abstract refund(request: RefundRequest): Promise<ProviderAnswer>;

  /**
   * Cancels a charge that has not taken effect, such as one that waits for the customer. Succeeded: it never will; if
   * it arrives only afterwards, the provider must refuse its key. Declined as `too_late`: it has taken effect.
   * @throws RetryableError, TerminalError
   */
  abstract cancel(request: CancelRequest): Promise<ProviderAnswer>;

  /** What became of a call under this key. It changes nothing. @throws RetryableError, TerminalError */
  abstract lookUp(inquiry: ProviderInquiry): Promise<ProviderLookUp>;

  /**
   * How a charge stands, by the provider's name of it, and what was moved of it, by us or without us. @throws
   * RetryableError
   */
  abstract inspect(charge: ChargeReference): Promise<Inspection>;

  /** @throws WebhookRefused where the signature does not prove that the provider has sent it. */
  abstract readWebhook(webhook: IncomingWebhook): ProviderEvent;
}
