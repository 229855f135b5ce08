import Stripe from 'stripe';
import { Gate } from '../gate.js';
import { StripeDouble } from './stripe-double.js';

let double: StripeDouble;
let stripe: Stripe;
beforeEach(async () => {
  double = await StripeDouble.start();
  const { hostname: host, port } = new URL(double.url);
  stripe = new Stripe(double.secretKey, { host, port, protocol: 'http', maxNetworkRetries: 0, telemetry: false });
});
afterEach(() => double.stop());

const CHARGE = {
  amount: '1999',
  currency: 'eur',
  confirm: 'true',
  payment_method: 'pm_card_visa',
  'automatic_payment_methods[enabled]': 'false',
};

interface Said {
  method?: string;
  headers?: Record<string, string | undefined>;
  form?: Record<string, string | undefined>;
}

/** A raw request, since the library sends none that is wrong. */
async function say(path: string, { method = 'POST', headers = {}, form = CHARGE }: Said = {}) {
  const all = {
    Authorization: `Bearer ${double.secretKey}`,
    'Stripe-Version': Stripe.API_VERSION,
    'Idempotency-Key': 'k',
    ...headers,
  };
  const given = (entries: object) =>
    Object.entries(entries).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const body = method === 'POST' ? new URLSearchParams(given(form)).toString() : null;
  const answer = await fetch(double.url + path, { method, headers: given(all), body });
  const read = (await answer.json()) as { error?: { code?: string; param?: string; message: string }; id?: string };
  return { ...read, status: answer.status, replayed: answer.headers.get('idempotent-replayed') };
}

const INTENTS = '/v1/payment_intents';

test('answers the library as Stripe does', async () => {
  const params = {
    amount: 1999,
    currency: 'eur',
    confirm: true,
    payment_method: 'pm_card_visa',
    return_url: 'https://shop.example',
  };
  const intent = await stripe.paymentIntents.create({ ...params, metadata: { order: 'A-1' } }, { idempotencyKey: 'k' });
  expect(intent).toMatchObject({ status: 'succeeded', amount_received: 1999, metadata: { order: 'A-1' } });
  expect(await stripe.paymentIntents.retrieve(intent.id)).toEqual(intent);
  expect((await stripe.paymentIntents.list()).data).toEqual([intent]);
  const query = 'metadata["order"]:"A-1"';
  expect((await stripe.paymentIntents.search({ query })).data).toEqual([]);
  double.searchLagMs = 0;
  expect((await stripe.paymentIntents.search({ query })).data).toEqual([intent]);
  const refund = await stripe.refunds.create({ payment_intent: intent.id, amount: 700 });
  expect((await stripe.refunds.list({ payment_intent: intent.id })).data).toEqual([refund]);
  expect(double.books('k')).toEqual({
    charges: 1,
    authorized: 1999,
    captured: 1999,
    refunded: 700,
    disputed: 0,
    voided: false,
  });
});

describe('refuses', () => {
  test.each<[string, Said, number, object]>([
    [
      'a parameter that is not published',
      { form: { ...CHARGE, colour: 'red' } },
      400,
      { code: 'parameter_unknown', param: 'colour' },
    ],
    [
      'one within another that is not published',
      { form: { ...CHARGE, 'automatic_payment_methods[colour]': 'red' } },
      400,
      { code: 'parameter_unknown', param: 'automatic_payment_methods[colour]' },
    ],
    [
      'to do without what is required',
      { form: { ...CHARGE, amount: undefined } },
      400,
      { code: 'parameter_missing', param: 'amount' },
    ],
    [
      'to do without it within another',
      {
        form: {
          ...CHARGE,
          'automatic_payment_methods[enabled]': undefined,
          'automatic_payment_methods[allow_redirects]': 'never',
        },
      },
      400,
      { code: 'parameter_missing', param: 'automatic_payment_methods[enabled]' },
    ],
    [
      'an amount that is not whole',
      { form: { ...CHARGE, amount: '19.99' } },
      400,
      { code: 'parameter_invalid_integer', param: 'amount' },
    ],
    [
      'an amount of nothing',
      { form: { ...CHARGE, amount: '0' } },
      400,
      { code: 'parameter_invalid_integer', param: 'amount' },
    ],
    [
      'an amount of nine digits',
      { form: { ...CHARGE, amount: '100000000' } },
      400,
      { code: 'amount_too_large', param: 'amount' },
    ],
    ['a currency in upper case', { form: { ...CHARGE, currency: 'EUR' } }, 400, { param: 'currency' }],
    ['a flag that is none', { form: { ...CHARGE, confirm: 'yes' } }, 400, { param: 'confirm' }],
    [
      'a word that is not on the list',
      { form: { ...CHARGE, capture_method: 'later' } },
      400,
      { param: 'capture_method' },
    ],
    ['metadata that is nested', { form: { ...CHARGE, 'metadata[a][b]': 'c' } }, 400, { param: 'metadata[a]' }],
    [
      'an unknown payment method',
      { form: { ...CHARGE, payment_method: 'pm_of_nobody' } },
      400,
      { code: 'resource_missing' },
    ],
    [
      'payment methods that may redirect, to nowhere',
      { form: { ...CHARGE, 'automatic_payment_methods[enabled]': 'true' } },
      400,
      { param: 'return_url' },
    ],
    ['to do without a key of the account', { headers: { Authorization: undefined } }, 401, {}],
    ['the key of another account', { headers: { Authorization: 'Bearer sk_test_other' } }, 401, {}],
    [
      'another version',
      { headers: { 'Stripe-Version': '2020-08-27' } },
      400,
      { message: expect.stringContaining('2020-08-27') },
    ],
    [
      'a POST without an idempotency key',
      { headers: { 'Idempotency-Key': undefined } },
      400,
      { message: expect.stringContaining('Idempotency-Key') },
    ],
    [
      'a parameter that it does not play',
      { form: { ...CHARGE, receipt_email: 'a@b.c' } },
      501,
      { message: expect.stringContaining('receipt_email') },
    ],
  ])('%s', async (_, wrong, status, error) => {
    expect(await say(INTENTS, wrong)).toMatchObject({ status, error });
    expect(double.books('k')).toMatchObject({ charges: 0 });
  });

  test('an unknown endpoint, by name', async () => {
    expect(await say('/v1/charges')).toMatchObject({
      status: 501,
      error: { message: 'The Stripe double does not know POST /v1/charges.' },
    });
  });

  test('a search query that it does not support', async () => {
    const query = encodeURIComponent('status:"succeeded"');
    expect(await say(`${INTENTS}/search?query=${query}`, { method: 'GET' })).toMatchObject({ status: 501 });
  });

  test('a second capture, and a cancel of a captured charge', async () => {
    const { id } = await say(INTENTS);
    for (const what of ['capture', 'cancel'])
      expect(await say(`${INTENTS}/${id}/${what}`, { headers: { 'Idempotency-Key': what }, form: {} })).toMatchObject({
        status: 400,
        error: { code: 'payment_intent_unexpected_state', payment_intent: { status: 'succeeded' } },
      });
  });
});

describe('under one key', () => {
  test('repeats its answer, and acts once', async () => {
    const first = await say(INTENTS);
    expect(first).toMatchObject({ status: 200, replayed: null });
    expect(await say(INTENTS)).toEqual({ ...first, replayed: 'true' });
    expect(double.books('k')).toMatchObject({ charges: 1 });
  });

  test('repeats a decline, and a 500', async () => {
    const form = { ...CHARGE, payment_method: 'pm_card_visa_chargeDeclined' };
    expect(await say(INTENTS, { form })).toMatchObject({
      status: 402,
      error: { code: 'card_declined', decline_code: 'generic_decline' },
    });
    expect(await say(INTENTS, { form })).toMatchObject({ status: 402, replayed: 'true' });
    double.faults.plan('POST', { type: 'answered', status: 500, when: 'after' });
    expect(await say(INTENTS, { headers: { 'Idempotency-Key': 'other' } })).toMatchObject({ status: 500 });
    expect(await say(INTENTS, { headers: { 'Idempotency-Key': 'other' } })).toMatchObject({
      status: 500,
      replayed: 'true',
    });
    expect(double.books('other')).toMatchObject({ charges: 1 });
  });

  test('does not keep a refusal from before it began', async () => {
    expect(await say(INTENTS, { form: { ...CHARGE, amount: undefined } })).toMatchObject({ status: 400 });
    double.faults.plan('POST', { type: 'answered', status: 429, when: 'before' });
    expect(await say(INTENTS)).toMatchObject({ status: 429 });
    expect(await say(INTENTS)).toMatchObject({ status: 200 });
  });

  test('refuses other parameters', async () => {
    await say(INTENTS);
    const error = { type: 'idempotency_error' };
    expect(await say(INTENTS, { form: { ...CHARGE, amount: '2000' } })).toMatchObject({ status: 400, error });
    expect(await say('/v1/refunds', { form: {} })).toMatchObject({ status: 400, error });
  });

  test('answers 409 to a concurrent request', async () => {
    const gate = new Gate();
    double.faults.plan('POST', { type: 'held', at: gate });
    const first = say(INTENTS);
    await gate.reached;
    expect([await say(INTENTS), await say(INTENTS)]).toMatchObject([{ status: 409 }, { status: 409 }]);
    gate.open();
    expect(await first).toMatchObject({ status: 200 });
    expect(double.books('k')).toMatchObject({ charges: 1 });
  });

  test('acts again once the key was dropped, as its records show', async () => {
    await say(INTENTS);
    double.kept.forget();
    await say(INTENTS);
    expect(double.books('k')).toMatchObject({ charges: 2, captured: 3998 });
  });
});

test('signs its webhooks so that Stripe’s own library accepts them', async () => {
  await say(INTENTS);
  const { body, headers } = double.webhookAbout('k');
  expect(stripe.webhooks.constructEvent(body, headers['stripe-signature'] ?? '', double.webhookSecret)).toMatchObject({
    type: 'payment_intent.succeeded',
    data: { object: { object: 'payment_intent', status: 'succeeded' } },
  });
});
