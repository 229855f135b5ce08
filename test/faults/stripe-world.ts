import type { Ledger } from '../support/payments.js';
import { Service } from '../support/service.js';
import { StripeDouble } from '../support/stripe-double/stripe-double.js';
import { QUICK, type World } from './world.js';

export async function startStripeWorld(): Promise<World> {
  const double = await StripeDouble.start();
  const service = await Service.start({
    ...QUICK,
    PAYMENT_PROVIDER: 'stripe',
    STRIPE_SECRET_KEY: double.secretKey,
    STRIPE_WEBHOOK_SECRET: double.webhookSecret,
    STRIPE_API_BASE: double.url,
  });
  const isKnown = (id: string) => double.intents.under(id).length > 0;
  async function deliverWebhook(id: string): Promise<void> {
    if (!isKnown(id)) return;
    const { body, headers } = double.webhookAbout(id);
    const request = { headers: { ...headers } as Record<string, string>, body: body.toString() };
    await service.request('POST', '/api/providers/stripe/webhooks', request);
  }
  return {
    service,
    methods: {
      charged: 'pm_card_visa',
      declined: 'pm_card_visa_chargeDeclined',
      asks: 'pm_card_authenticationRequired',
      pending: 'pm_double_processing',
    },
    planWire: (faults) => double.faults.plan('', ...faults),
    ledger: async () => {
      const books = new Map<string, Ledger & { charges: number }>();
      for (const key of double.intents.keys()) if (double.books(key).charges > 0) books.set(key, double.books(key));
      return books;
    },
    customer: async (id, answer) => {
      if (!isKnown(id) || double.chargedUnder(id).status !== 'requires_action') return;
      double.answerCustomer(id, answer);
      await deliverWebhook(id);
    },
    completePending: async (id) => {
      if (isKnown(id)) double.completePending(id);
    },
    deliverWebhook,
    stop: async () => {
      await service.stop();
      await double.stop();
    },
  };
}
