import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { stdSerializers } from 'pino';
import { Service } from '../support/service.js';
import type { Fault } from '../support/stripe-double/faults.js';
import { StripeDouble } from '../support/stripe-double/stripe-double.js';

const CHARGE = 'POST /v1/payment_intents';
const LOOK_UP = 'GET /v1/payment_intents';
const busy: Fault = { type: 'answered', status: 429, when: 'before' };
const broken: Fault = { type: 'answered', status: 503, when: 'before' };

/** The log lines of operations, without those of events. */
interface Line {
  level: 'warn' | 'error';
  operationId: string;
  kind: string;
  attempts: number;
  fence: number;
  reason: string;
  err?: Error;
}

/** The HTTP status of Stripe's answer, at any depth of causes. */
const statusOf = (error: unknown): unknown => {
  const { statusCode, cause } = (error ?? {}) as { statusCode?: number; cause?: { statusCode?: number } };
  return statusCode ?? cause?.statusCode;
};

/** An operator finds why an attempt failed: its cause once in the log, the provider's own code in the history. */
describe('the cause of a failed attempt is logged', () => {
  let stripe: StripeDouble;
  let service: Service;
  let lines: Line[];
  beforeAll(async () => {
    stripe = await StripeDouble.start();
    service = await Service.start({
      PAYMENT_PROVIDER: 'stripe',
      STRIPE_SECRET_KEY: stripe.secretKey,
      STRIPE_API_BASE: stripe.url,
      LOOK_UP_BASE_MS: '5',
    });
  });
  afterAll(async () => {
    await service.stop();
    await stripe.stop();
  });
  beforeEach(() => {
    lines = [];
    for (const level of ['warn', 'error'] as const)
      jest
        .spyOn(Logger.prototype, level)
        .mockImplementation((line: Omit<Line, 'level'>) => void lines.push({ ...line, level }));
  });
  afterEach(() => jest.restoreAllMocks());

  const logged = (id: string) => lines.filter(({ operationId }) => operationId === id);
  const details = async (id: string, type: string) =>
    (await service.history(id)).filter((event) => event.type === type).map(({ detail }) => detail);

  test('of a busy provider, for each attempt', async () => {
    stripe.faults.plan(CHARGE, busy, busy);
    const { id } = await service.charge();
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
    expect(logged(id)).toEqual(
      [1, 2].map((attempts) =>
        expect.objectContaining({
          level: 'warn',
          kind: 'payment.charge',
          attempts,
          reason: 'provider_unavailable',
          err: expect.any(Error),
        }),
      ),
    );
    expect(logged(id)[0]?.err?.cause).toMatchObject({ statusCode: 429 });
    expect(await details(id, 'operation.retrying')).toEqual(
      [1, 2].map(() => expect.objectContaining({ providerCode: 'rate_limit' })),
    );
  });

  test('of an unreadable answer, and of each failed look-up', async () => {
    stripe.faults.plan(CHARGE, { type: 'answered', status: 500, when: 'after' });
    stripe.faults.plan(LOOK_UP, broken, broken, busy);
    const { id } = await service.charge();
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
    expect(logged(id).map(({ level, fence, reason, err }) => [level, fence, reason, statusOf(err)])).toEqual([
      ['warn', 1, 'provider_error', 500],
      ['warn', 2, 'look_up_failed', 503],
      ['warn', 3, 'look_up_failed', 503],
      ['warn', 4, 'provider_unavailable', 429],
    ]);
    expect(await details(id, 'operation.reconciling')).toEqual(
      logged(id).map(({ reason }, at) =>
        expect.objectContaining({ reason, providerCode: at === 3 ? 'rate_limit' : 'api_error' }),
      ),
    );
  });

  test('of a provider’s error, without the key', async () => {
    const secretKey = stripe.secretKey;
    Object.assign(stripe, { secretKey: 'sk_test_changed' });
    const { id } = await service.charge();
    expect(await service.ending(id)).toMatchObject({ status: 'failed', failure: { code: 'provider_misconfigured' } });
    Object.assign(stripe, { secretKey });
    expect(logged(id)).toEqual([
      expect.objectContaining({ level: 'error', attempts: 1, reason: 'provider_misconfigured' }),
    ]);
    expect(await details(id, 'operation.failed')).toEqual([
      expect.objectContaining({ providerCode: expect.any(String) }),
    ]);
    const err = stdSerializers.err(logged(id)[0]?.err as Error);
    expect(err.message).toContain('Invalid API Key');
    expect(JSON.stringify([err.message, err.stack])).not.toContain(secretKey);
  });
});
