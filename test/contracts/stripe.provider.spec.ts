import { describeProvider } from './payment-provider.js';
import { startStripe, STRIPE_METHODS } from './stripe-under-test.js';

describeProvider('stripe', STRIPE_METHODS, startStripe);
