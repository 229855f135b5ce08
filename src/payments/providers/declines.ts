/**
 * Why a provider declines: one list for all providers. `message` is for the customer or the shop; `retryable`: the same
 * request, started anew, may succeed.
 */
export const DECLINES = {
  card_declined: { message: 'The card was declined.', retryable: false },
  insufficient_funds: { message: 'The card has insufficient funds.', retryable: false },
  limit_exceeded: { message: 'The card’s limit is exceeded.', retryable: false },
  expired_card: { message: 'The card has expired.', retryable: false },
  incorrect_cvc: { message: 'The card’s security code is incorrect.', retryable: false },
  incorrect_card_details: { message: 'The card’s details are incorrect.', retryable: false },
  card_not_supported: { message: 'The card does not support this kind of purchase.', retryable: false },
  currency_not_supported: { message: 'The payment method does not support this currency.', retryable: false },
  amount_not_accepted: { message: 'The provider does not take this amount.', retryable: false },
  authentication_required: {
    message: 'The bank wants the customer to approve, and they were not there to be asked.',
    retryable: false,
  },
  authentication_failed: { message: 'The customer did not approve the payment at their bank.', retryable: false },
  processing_error: { message: 'The bank could not process it; nothing was moved.', retryable: true },
  payment_method_unknown: { message: 'The provider does not know this payment method.', retryable: false },
  payment_method_unusable: { message: 'The provider cannot use this payment method, or no longer.', retryable: false },
  canceled_at_provider: { message: 'The payment was canceled at the provider.', retryable: false },
  too_late: { message: 'The payment has taken effect and cannot be canceled any more.', retryable: false },
  already_captured: { message: 'The payment is captured already.', retryable: false },
  authorization_gone: {
    message: 'There is no authorization any more: it has run out or was released.',
    retryable: false,
  },
  amount_too_large: { message: 'The provider has less than this amount to move.', retryable: false },
  already_refunded: { message: 'The payment is refunded already.', retryable: false },
  refund_failed: { message: 'The bank did not take the refund.', retryable: false },
} as const satisfies Record<string, { message: string; retryable: boolean }>;

export type DeclineCode = keyof typeof DECLINES;
