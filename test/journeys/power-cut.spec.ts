import type { OperationEventView, OperationView } from '../../src/operations/contract/operation-view.js';
import type { PaymentView } from '../../src/payments/ledger/get-payment.query.js';
import { Machine } from '../support/machine.js';
import { eventually } from '../support/service.js';
import { StripeDouble } from '../support/stripe-double/stripe-double.js';

async function call<T>(method: 'GET' | 'POST', url: string, body?: unknown): Promise<T> {
  const headers = { 'Content-Type': 'application/json', ...(method === 'GET' && { Prefer: 'wait=5' }) };
  const response = await fetch(url, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
  return (await response.json()) as T;
}

async function ending(url: string, id: string): Promise<OperationView> {
  for (;;) {
    const operation = await call<OperationView>('GET', `${url}/api/operations/${id}`);
    if (operation.done) return operation;
  }
}

const historyOf = async (url: string, id: string) =>
  (await call<{ items: OperationEventView[] }>('GET', `${url}/api/operations/${id}/events`)).items;

describe('a power cut just after the provider has charged', () => {
  let machine: Machine;
  let stripe: StripeDouble;
  let env: Record<string, string>;
  beforeAll(async () => {
    machine = await Machine.build();
    stripe = await StripeDouble.start();
    stripe.searchLagMs = 0;
    env = {
      PAYMENT_PROVIDER: 'stripe',
      STRIPE_SECRET_KEY: stripe.secretKey,
      STRIPE_API_BASE: stripe.url,
      LOOK_UP_BASE_MS: '50',
      PUBLIC_URL: 'http://127.0.0.1:3000',
    };
  });
  afterEach(() => machine.cutPower());
  afterAll(async () => {
    await machine.scrap();
    await stripe.stop();
  });

  /** One more is started where a slow machine let it expire before. */
  async function charged(url: string, more: { expiresIn?: number }): Promise<string> {
    const input = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' };
    const start = { kind: 'payment.charge', input, ...more };
    for (;;) {
      const { id } = await call<OperationView>('POST', `${url}/api/operations`, start);
      const isCharged = await eventually(async () => {
        if (stripe.books(id).charges === 1) return { yes: true };
        return (await historyOf(url, id)).some(({ operation }) => operation.done) && { yes: false };
      });
      if (isCharged.yes) return id;
    }
  }

  /** A charge that Stripe has made when the power is cut, with what a client has received by then. */
  async function chargedAndCut(more: { expiresIn?: number } = {}) {
    // Also to a worker that takes a slow one for lost.
    const silent = Array.from({ length: 10 }, () => ({ type: 'silent', when: 'after' }) as const);
    stripe.faults.plan('POST /v1/payment_intents', ...silent);
    const url = await machine.start(env);
    const id = await charged(url, more);
    const history = await historyOf(url, id);
    await machine.cutPower();
    stripe.faults.forget();
    return { id, history };
  }

  async function expectNoMoneyOutOfSight(url: string, id: string, history: OperationEventView[]): Promise<void> {
    const { status } = await ending(url, id);
    const { charges, captured } = stripe.books(id);
    expect({ status, charges, captured }).toEqual({ status: 'success', charges: 1, captured: 1999 });
    expect(await call<PaymentView>('GET', `${url}/api/payments/${id}`)).toMatchObject({ captured: 1999, refunded: 0 });
    expect((await historyOf(url, id)).slice(0, history.length)).toEqual(history);
  }

  test('lets the provider’s answer win over a cancel', async () => {
    const { id, history } = await chargedAndCut();
    const url = await machine.start({ ...env, ROLES: 'api' });
    expect(await call<OperationView>('POST', `${url}/api/operations/${id}/cancel`, {})).toMatchObject({ done: false });
    await machine.cutPower();
    await expectNoMoneyOutOfSight(await machine.start(env), id, history);
  });

  test('keeps a charge that has taken effect from expiring', async () => {
    const { id, history } = await chargedAndCut({ expiresIn: 2 });
    await expectNoMoneyOutOfSight(await machine.start(env), id, history);
  });
});
