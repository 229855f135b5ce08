import type { PaymentMethodTokens } from '../payment-provider.js';

/** The examples of Stripe's test mode (docs.stripe.com/testing). */
export const STRIPE_PAYMENT_METHODS: PaymentMethodTokens = {
  pattern: /^pm_\w{1,100}$/,
  description: 'the id of a PaymentMethod of Stripe’s, such as pm_card_visa',
  examples: {
    pm_card_visa: 'Is paid, in test mode',
    pm_card_authenticationRequired: 'The customer must confirm: nextAction has what Stripe’s script needs',
    pm_card_visa_chargeDeclined: 'Is declined',
    pm_card_visa_chargeDeclinedInsufficientFunds: 'Is declined: insufficient funds',
    pm_card_chargeDeclinedExpiredCard: 'Is declined: the card has expired',
    pm_card_chargeDeclinedIncorrectCvc: 'Is declined: the security code is incorrect',
    pm_card_chargeDeclinedProcessingError: 'Is declined: the bank could not process it',
  },
};
