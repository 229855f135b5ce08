/** Why a provider declines: one list of ours, whatever each provider calls it. */
export const DECLINES = {
  card_declined: { message: 'The card was declined.', retryable: false },
  insufficient_funds: { message: 'The card has insufficient funds.', retryable: false },
  expired_card: { message: 'The card has expired.', retryable: false },
  incorrect_cvc: { message: 'The card’s security code is incorrect.', retryable: false },
  processing_error: { message: 'The bank could not process the charge; nothing was charged.', retryable: true },
  payment_method_unknown: { message: 'The provider does not know this payment method.', retryable: false },
} as const;

export type DeclineCode = keyof typeof DECLINES;

export interface ChargeRequest {
  /** The same for every try of one operation: a provider charges at most once under it. */
  idempotencyKey: string;
  /** In the currency's minor unit. */
  amount: number;
  /** ISO 4217. */
  currency: string;
  paymentMethod: string;
  description?: string | undefined;
}

export type ChargeAnswer =
  | { type: 'charged'; reference: string }
  | { type: 'declined'; code: DeclineCode }
  /** The request has left and no answer that we understand has come: it may or may not have been charged. */
  | { type: 'unknown'; reason: string };

export type ChargeLookUp = ChargeAnswer | { type: 'never_arrived' };

/**
 * A party that moves money. Every provider passes test/contracts/payment-provider.
 * A RetryableError says that the provider surely has not acted; whatever else is thrown may hide a charge.
 */
export abstract class PaymentProvider {
  abstract readonly name: string;

  /** @throws RetryableError */
  abstract charge(request: ChargeRequest): Promise<ChargeAnswer>;

  /** What became of the charge under this key. @throws RetryableError */
  abstract lookUpCharge(idempotencyKey: string): Promise<ChargeLookUp>;
}
