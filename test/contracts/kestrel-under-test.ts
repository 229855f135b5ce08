import type { IncomingWebhook } from '../../src/payments/providers/payment-provider.js';
import { HeldClock } from '../support/held-clock.js';
import { KestrelDouble } from '../support/made-up-provider/kestrel-double.js';
import { KestrelProvider } from '../support/made-up-provider/kestrel.provider.js';
import type { ProviderMethods, ProviderUnderTest } from './provider-under-test.js';

export const KESTREL_METHODS: ProviderMethods = {
  charged: 'kt-good',
  declined: { 'kt-refused': 'card_declined', 'kt-no-funds': 'insufficient_funds' },
  unknown: 'kt-nobody',
  chargedAnswerLost: 'kt-good-answer-lost',
  notChargedAnswerLost: 'kt-refused-answer-lost',
  neverArrived: 'kt-lost',
  unavailable: 'kt-busy',
  unavailableAtFirst: 'kt-busy-twice',
  actionRequired: 'kt-asks',
  pending: 'kt-slow',
  unknownCharge: 'K-of-nobody',
  requests: {
    charge: ['PUT /charges/'],
    capture: ['PUT /codes/'],
    void: ['PUT /codes/'],
    refund: ['PUT /codes/'],
    cancel: ['PUT /charges/'],
    cancelUnarrived: ['PUT /charges/'],
    lookUp: ['GET /'],
    inspect: ['GET /codes/'],
  },
  takes: [
    { amount: 99_999_999, currency: 'EUR' },
    { amount: 500, currency: 'JPY' },
  ],
  refuses: [
    { amount: 100_000_000, currency: 'EUR', code: 'amount_not_accepted' },
    { amount: 1010, currency: 'KWD', code: 'currency_not_supported' },
  ],
};

/** Runs another class than KestrelProvider: one with mistakes. */
export const startKestrel =
  (Provider: typeof KestrelProvider = KestrelProvider) =>
  async (): Promise<ProviderUnderTest> => {
    const double = await KestrelDouble.start();
    const { url, key, secrets, charges } = double;
    const clock = new HeldClock();
    return {
      provider: new Provider({ url, key, secrets }, clock),
      clock,
      books: async (chargeKey) => charges.books(chargeKey),
      answerCustomer: async (chargeKey, answer) => charges.answer(chargeKey, answer),
      payAgain: async (chargeKey) => charges.answer(chargeKey, 'approve'),
      completePending: async (chargeKey) => charges.settle(chargeKey),
      forgetKeys: () => undefined,
      actInDashboard: async (chargeKey, act, amount) => charges.act(chargeKey, act, amount),
      misbehave: (request, fault) => double.misbehave(request, fault),
      webhooks: {
        about: async (chargeKey) => double.webhookAbout(chargeKey),
        secrets,
        signed: (body, signing) => double.signed(body, signing),
        forged,
      },
      stop: () => double.stop(),
    };
  };

function forged({ body, headers }: IncomingWebhook): Record<string, IncomingWebhook> {
  const { 'kestrel-sent': sent = '', 'kestrel-mac': mac = '' } = headers;
  const later = new Date(Date.parse(sent) + 1).toISOString();
  const others = {
    'another time': { 'kestrel-sent': later },
    'no time': { 'kestrel-sent': undefined },
    'a time that is none': { 'kestrel-sent': 'yesterday' },
    'another signature': { 'kestrel-mac': mac.replace(/^.{8}/, 'AAAAAAAA') },
    'a part of the signature': { 'kestrel-mac': mac.slice(0, -1) },
    'the same bytes otherwise written': { 'kestrel-mac': Buffer.from(mac, 'base64url').toString('hex') },
    'no signature': { 'kestrel-mac': undefined },
  };
  return Object.fromEntries(
    Object.entries(others).map(([how, other]) => [how, { body, headers: { ...headers, ...other } }]),
  );
}
