import type { NextAction } from '../../operations/domain/operation-events.js';
import { DomainError } from '../../errors/domain-error.js';
import type { DeclineCode } from './declines.js';

/** A call that moves money or prevents a movement. */
interface Call {
  /** Equal for all attempts of one operation: the provider acts at most once under it. */
  idempotencyKey: string;
  /** Our operation. The provider keeps it with its object, so that its webhooks can name it. */
  operationId: string;
  /**
   * When our operation started; none of its calls is older. Once a provider may have forgotten a key of that age, it
   * looks for the call before it sends it.
   */
  startedAt: Date;
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
  /** The customer is not present: a provider that would ask them declines instead. */
  offSession: boolean;
  /** The provider's id of the customer, if the payment method belongs to one. */
  customer?: string | undefined;
  description?: string | undefined;
  /** Where the provider sends the customer back after asking them on its own page. */
  returnUrl?: string | undefined;
}

/** A charge that the provider knows. */
export interface ChargeReference {
  /** The provider's reference of the charge. */
  charge: string;
  /** ISO 4217. */
  currency: string;
}

export interface CaptureRequest extends Call, ChargeReference {
  /** At most the authorized amount; the rest is released. */
  amount: number;
}

export type VoidRequest = Call & ChargeReference;

export interface RefundRequest extends Call, ChargeReference {
  amount: number;
  reason?: string | undefined;
}

/** A charge to cancel; its reference may be unknown. */
export interface CancelRequest extends Call {
  /** The idempotency key of the charge. */
  chargeKey: string;
  /** The provider's reference of the charge, if an answer contained it. */
  charge: string | null;
  /** When the charge was first sent. */
  sentAt: Date;
}

/** The call to look up, by its idempotency key. */
export interface ProviderInquiry {
  call: 'charge' | 'capture' | 'void' | 'refund';
  idempotencyKey: string;
  /**
   * The provider's reference of the charge that the call made or was about; null for a charge whose answer was lost.
   */
  charge: string | null;
  /** When the call was first sent. */
  sentAt: Date;
}

/** The provider's answer to any call. An unknown status of the provider is `unknown`, never success or failure. */
export type ProviderAnswer =
  | Succeeded
  /** It surely has no effect, now or later. */
  | Declined
  /** The customer must act first; nothing has moved yet. */
  | { type: 'action_required'; reference: string; nextAction: NextAction }
  /** The provider has accepted it and will report the result later. */
  | { type: 'pending'; reference: string }
  /** The request was sent and no answer that we understand arrived: it may have had its effect. */
  | Unknown;

export interface Succeeded {
  type: 'succeeded';
  /** The provider's reference of the new charge, capture or refund; for a void or a cancel, of the charge. */
  reference: string;
  /** In the currency's minor unit: authorized by a charge, captured, refunded or released. */
  amount: number;
  /** ISO 4217, as the provider has it; for a charge always. */
  currency?: string;
  /** For a charge: true if the money was captured, false if only authorized. */
  captured?: boolean;
}

export interface Unknown {
  type: 'unknown';
  reason: string;
  /** The obstacle, for the log. */
  cause?: unknown;
  /** The provider's own code for it. */
  providerCode?: string | null;
  /** One sentence on what an operator must look at now, since asking again would hardly change it. */
  unexplained?: string;
}

export interface Declined {
  type: 'declined';
  /** The provider's reference of the declined object, if it made one: its webhooks may use it. */
  reference?: string;
  code: DeclineCode;
  /** The provider's own code for it. */
  providerCode: string | null;
  /** The customer could still pay this charge by other means, unless it is canceled. */
  payable?: true;
}

/** `never_arrived`: the provider surely has no such call; it may be sent again under its key. */
export type ProviderLookUp = ProviderAnswer | { type: 'never_arrived' };

/** The state of a charge at the provider now, with changes made in its dashboard. Amounts are in minor units. */
export interface ChargeState {
  type: 'found';
  /** The provider's reference of the charge. */
  reference: string;
  /** Our operation, if the provider keeps it with the charge. */
  operationId: string | null;
  /** ISO 4217. */
  currency: string;
  /** The amount authorized or taken at first, whatever happened since. */
  authorized: number;
  /** The total, with the charge or later. */
  captured: number;
  /** All movements since, oldest first. */
  movements: readonly ChargeMovement[];
}

/** A movement of a charge's money. A dispute has taken money from us; an inquiry that takes nothing is not one. */
export interface ChargeMovement {
  type: 'capture' | 'void' | 'refund' | 'dispute';
  /** The provider's reference of the movement. */
  reference: string;
  amount: number;
  /** The key of the call that made it; null if the provider does not say, or if no call of ours did. */
  idempotencyKey: string | null;
  /** False: reverted, such as a refund that a bank returned or a dispute that was won. */
  stands: boolean;
}

export type Inspection =
  | ChargeState
  /** The provider surely has no charge of that reference. */
  | { type: 'not_found' }
  /** Its answer contains something unknown, which needs an operator's attention. */
  | { type: 'not_understood'; reason: string }
  /** The provider cannot be asked now. */
  | { type: 'unknown'; reason: string };

/** A change at the provider. It is a hint: the service looks up the state. */
export interface ProviderEvent {
  /** The provider's id of the event: equal for every delivery of it. */
  id: string;
  /** The provider's name of the type. */
  type: string;
  occurredAt: Date;
  /** Our operation, if the event names it. */
  operationId: string | null;
  /** The provider's reference of the charge or refund; null if the event is about neither. */
  reference: string | null;
}

/** A request to our webhook, as received. */
export interface IncomingWebhook {
  body: Buffer;
  /** By names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
}

/** The webhook is not the provider's, is too old, or has another shape: the service ignores it. */
export class WebhookRefused extends DomainError {
  readonly code = 'webhook_refused';

  constructor(message: string, options?: ErrorOptions) {
    super(message, undefined, options);
  }
}

/** The format of the provider's tokens of payment methods. */
export interface PaymentMethodTokens {
  pattern: RegExp;
  /** With an example, as in `a token of Stripe’s, such as pm_card_visa`. */
  description: string;
  /** Tokens to try, each with its result; the first one is charged. */
  examples: Readonly<Record<string, string>>;
}

/**
 * A party that moves money. Every provider passes test/contracts/payment-provider.
 *
 * Errors are typed (operations/kinds/outcome): a RetryableError says that the provider surely has not acted and may
 * answer later, a TerminalError that it surely has not acted and never will. Any other error may hide a charge.
 */
export abstract class PaymentProvider {
  /** Its name in receipts, in the webhook's address and in PAYMENT_PROVIDER. */
  abstract readonly name: string;

  /** Applies only to new charges; earlier ones may be another provider's. */
  abstract readonly paymentMethods: PaymentMethodTokens;

  /** True if real money moves with this configuration. */
  abstract readonly live: boolean;

  /**
   * The account at the provider whose money it moves, and its mode: equal for all of its keys. Null if the provider has
   * not told it by now, or has none.
   */
  get account(): string | null {
    return null;
  }

  /** Asks for the account; null if the provider does not tell it to this key. @throws RetryableError */
  identify(): Promise<string | null> {
    return Promise.resolve(this.account);
  }

  /** Takes the money or authorizes it. @throws RetryableError, TerminalError */
  abstract charge(request: ChargeRequest): Promise<ProviderAnswer>;

  /** Takes authorized money, once. @throws RetryableError, TerminalError */
  abstract capture(request: CaptureRequest): Promise<ProviderAnswer>;

  /**
   * Releases authorized money; declined as `already_captured` if it is too late. @throws RetryableError, TerminalError
   */
  abstract void(request: VoidRequest): Promise<ProviderAnswer>;

  /** Gives back captured money. @throws RetryableError, TerminalError */
  abstract refund(request: RefundRequest): Promise<ProviderAnswer>;

  /**
   * Cancels a charge that has not taken effect, such as one that waits for the customer. Succeeded: it never will; if
   * the charge arrives only later, the provider must refuse its key. Declined as `too_late`: it has taken effect.
   * @throws RetryableError, TerminalError
   */
  abstract cancel(request: CancelRequest): Promise<ProviderAnswer>;

  /** Finds the result of the call under this key. Changes nothing. @throws RetryableError, TerminalError */
  abstract lookUp(inquiry: ProviderInquiry): Promise<ProviderLookUp>;

  /**
   * The state of a charge by the provider's reference, with its movements by us or without us. @throws RetryableError
   */
  abstract inspect(charge: ChargeReference): Promise<Inspection>;

  /** @throws WebhookRefused if the signature does not prove that the provider sent it */
  abstract readWebhook(webhook: IncomingWebhook): ProviderEvent;
}
