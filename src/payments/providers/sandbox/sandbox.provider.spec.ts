import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../../../../test/support/databases.js';
import type { PublicAddress } from '../../../address/public-address.js';
import { TerminalError } from '../../../operations/kinds/outcome.js';
import type { ChargeRequest, Succeeded } from '../payment-provider.js';
import { PAYMENT_METHODS } from './payment-methods.js';
import { SandboxLedger } from './sandbox-ledger.js';
import { SandboxProvider } from './sandbox.provider.js';
import type { SandboxWebhooks } from './sandbox-webhooks.js';
import { HOURS, SECONDS } from '../../../time/durations.js';

describe('the sandbox', () => {
  let data: TestDatabase;
  let ledger: SandboxLedger;
  let provider: SandboxProvider;
  const sent: { reference: string; afterMs: number }[] = [];

  beforeAll(async () => {
    data = await createDatabase();
    ledger = new SandboxLedger({ url: data.url, timeoutMs: 10 * SECONDS });
    const webhooks = {
      sendLater: (reference: string, afterMs: number) => sent.push({ reference, afterMs }),
    } as unknown as SandboxWebhooks;
    provider = new SandboxProvider(ledger, webhooks, { url: 'https://pay.example' } as PublicAddress, {
      sandbox: { latencyMs: 30 },
    });
  });
  beforeEach(() => (sent.length = 0));
  afterAll(async () => {
    await ledger.stop();
    await data.drop();
  });

  function request(paymentMethod = 'pm_card_visa', more: Partial<ChargeRequest> = {}): ChargeRequest {
    const operationId = randomUUID();
    const sample = { amount: 1999, currency: 'EUR', capture: true, offSession: false };
    return { operationId, idempotencyKey: operationId, startedAt: new Date(), paymentMethod, ...sample, ...more };
  }
  const call = (charge: string, amount = 1999) => ({
    operationId: randomUUID(),
    startedAt: new Date(),
    idempotencyKey: randomUUID(),
    charge,
    currency: 'EUR',
    amount,
  });
  const lookUp = ({ idempotencyKey }: ChargeRequest) =>
    provider.lookUp({ call: 'charge', idempotencyKey, charge: null, sentAt: new Date() });
  const cancel = ({ idempotencyKey: chargeKey, operationId }: ChargeRequest) =>
    provider.cancel({
      operationId,
      startedAt: new Date(),
      idempotencyKey: `${chargeKey}:cancel`,
      chargeKey,
      charge: null,
      sentAt: new Date(),
    });
  const entry = async ({ idempotencyKey }: ChargeRequest) => {
    const { rows } = await data.client.query('SELECT * FROM sandbox.charge WHERE idempotency_key = $1', [
      idempotencyKey,
    ]);
    return rows[0] as Record<string, unknown> | undefined;
  };
  const databaseTime = async () => (await data.client.query<{ now: Date }>('SELECT now()')).rows[0]!.now.getTime();
  /** Simulates that `ms` have passed; before, a charge may be given an hour more, however slow the machine is. */
  const pass = (ms: number, { idempotencyKey }: ChargeRequest) =>
    data.client.query(
      `UPDATE sandbox.charge SET settles_at = settles_at - $2 * interval '1 ms' WHERE idempotency_key = $1`,
      [idempotencyKey, ms],
    );

  test('answers with a delay, as a remote party does', async () => {
    const charge = request();
    const before = performance.now();
    await provider.charge(charge);
    await lookUp(charge);
    // A timer may fire up to a millisecond early.
    expect(performance.now() - before).toBeGreaterThanOrEqual(58);
  });

  test('commits apart from our transactions: a rollback does not undo its charges', async () => {
    const charge = request();
    await data.client.query('BEGIN');
    await provider.charge(charge);
    await data.client.query('ROLLBACK');
    expect(await lookUp(charge)).toMatchObject({ type: 'succeeded' });
  });

  test('counts the requests under a key', async () => {
    const charge = request();
    for (let times = 0; times < 3; times += 1) await provider.charge(charge);
    expect(await entry(charge)).toMatchObject({ requests: 3, outcome: 'charged' });
  });

  test('refuses two requests of pm_sandbox_unavailable_twice, and charges the third', async () => {
    const charge = request('pm_sandbox_unavailable_twice');
    await expect(provider.charge(charge)).rejects.toThrow('could not be reached');
    await expect(provider.charge(charge)).rejects.toThrow('could not be reached');
    expect(await provider.charge(charge)).toMatchObject({ type: 'succeeded' });
  });

  test('sends the customer of pm_card_authenticationRequired to a page of its own, by its public address', async () => {
    const answer = await provider.charge(request('pm_card_authenticationRequired'));
    const url = expect.stringMatching(/^https:\/\/pay\.example\/sandbox\/authenticate\/[\da-f]{32}$/);
    expect(answer).toMatchObject({ type: 'action_required', nextAction: { type: 'redirect', url } });
  });

  test('has the shop’s page confirm pm_sandbox_confirm', async () => {
    const answer = await provider.charge(request('pm_sandbox_confirm'));
    const clientData = { provider: 'sandbox', clientSecret: expect.stringMatching(/^[\da-f]{32}$/) };
    expect(answer).toMatchObject({ type: 'action_required', nextAction: { type: 'confirm', clientData } });
  });

  test('only authorizes a charge without capture when the customer approves', async () => {
    const charge = request('pm_card_authenticationRequired', { capture: false });
    await provider.charge(charge);
    await ledger.answer(String((await entry(charge))?.token), true);
    expect(await lookUp(charge)).toMatchObject({ type: 'succeeded', amount: 1999, captured: false });
    expect(await entry(charge)).toMatchObject({ captured: '0' });
  });

  test('charges pm_sandbox_pending after three seconds, and then sends a webhook', async () => {
    const charge = request('pm_sandbox_pending');
    const before = await databaseTime();
    const answer = await provider.charge(charge);
    const after = await databaseTime();
    expect(sent).toEqual([{ reference: (answer as { reference: string }).reference, afterMs: 3000 }]);
    const settlesAt = ((await entry(charge))?.['settles_at'] as Date).getTime();
    expect(settlesAt).toBeGreaterThanOrEqual(before + 3 * SECONDS);
    expect(settlesAt).toBeLessThanOrEqual(after + 3 * SECONDS);
    await pass(-HOURS, charge);
    expect(await lookUp(charge)).toMatchObject({ type: 'pending' });
    await pass(HOURS + 3 * SECONDS, charge);
    expect(await lookUp(charge)).toMatchObject({ type: 'succeeded', captured: true });
    await provider.charge(charge);
    expect(sent).toHaveLength(1);
  });

  test('finds a charge that is due by our clock and not yet by its own', async () => {
    const charge = request('pm_sandbox_pending');
    await provider.charge(charge);
    await pass(-HOURS, charge);
    const later = Date.now() + 2 * HOURS;
    jest.useFakeTimers({
      now: later,
      doNotFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'nextTick', 'queueMicrotask'],
    });
    try {
      expect(await lookUp(charge)).toMatchObject({ type: 'pending' });
    } finally {
      jest.useRealTimers();
    }
  });

  test('charges pm_sandbox_canceled_yet_charged a second after it was canceled, and then sends a webhook', async () => {
    const charge = request('pm_sandbox_canceled_yet_charged');
    const { reference } = (await provider.charge(charge)) as { reference: string };
    expect(await cancel(charge)).toMatchObject({ type: 'succeeded', reference });
    expect(await cancel(charge)).toMatchObject({ type: 'succeeded' });
    expect(sent).toEqual([{ reference, afterMs: 1000 }]);
    await pass(-HOURS, charge);
    expect(await lookUp(charge)).toMatchObject({ type: 'declined', code: 'canceled_at_provider' });
    await pass(HOURS + 1 * SECONDS, charge);
    expect(await lookUp(charge)).toMatchObject({ type: 'succeeded', captured: true });
    expect(await cancel(charge)).toMatchObject({ type: 'declined', code: 'too_late' });
  });

  test('sends no webhook about what its answer contained', async () => {
    const { reference } = (await provider.charge(request())) as Succeeded;
    await provider.refund(call(reference));
    await provider.charge(request('pm_card_visa_chargeDeclined'));
    await provider.charge(request('pm_card_authenticationRequired'));
    expect(sent).toEqual([]);
  });

  test('declines every refund of pm_sandbox_refund_fails', async () => {
    const { reference } = (await provider.charge(request('pm_sandbox_refund_fails'))) as Succeeded;
    for (const amount of [1999, 1]) {
      expect(await provider.refund(call(reference, amount))).toEqual({
        type: 'declined',
        code: 'refund_failed',
        providerCode: 'refund_failed',
      });
    }
  });

  test('refuses a refund of a charge that it does not know', async () => {
    await expect(provider.refund(call('sb_of_nobody'))).rejects.toThrow(TerminalError);
  });

  test('cannot move more than there is: the database would refuse it', async () => {
    const charge = request();
    await provider.charge(charge);
    const overdrawn = data.client.query(
      'UPDATE sandbox.charge SET refunded = captured + 1 WHERE idempotency_key = $1',
      [charge.idempotencyKey],
    );
    await expect(overdrawn).rejects.toThrow('charge_moves_what_there_is');
  });

  test('does not guess the meaning of an unknown outcome', async () => {
    const charge = request();
    const { reference } = (await provider.charge(charge)) as Succeeded;
    const { idempotencyKey } = charge;
    await data.client.query(`UPDATE sandbox.charge SET outcome = 'of_tomorrow' WHERE idempotency_key = $1`, [
      idempotencyKey,
    ]);
    expect(await provider.charge(charge)).toMatchObject({ type: 'unknown' });
    expect(await lookUp(charge)).toMatchObject({ type: 'unknown' });
    expect(await provider.inspect({ charge: reference, currency: 'EUR' })).toMatchObject({ type: 'not_understood' });
  });

  test('knows the payment methods under the names that the documentation promises', () => {
    expect(Object.keys(PAYMENT_METHODS)).toEqual([
      'pm_card_visa',
      'pm_card_authenticationRequired',
      'pm_card_visa_chargeDeclined',
      'pm_card_visa_chargeDeclinedInsufficientFunds',
      'pm_card_chargeDeclinedExpiredCard',
      'pm_card_chargeDeclinedIncorrectCvc',
      'pm_card_chargeDeclinedProcessingError',
      'pm_sandbox_confirm',
      'pm_sandbox_slow',
      'pm_sandbox_pending',
      'pm_sandbox_unavailable_twice',
      'pm_sandbox_unavailable',
      'pm_sandbox_charged_answer_lost',
      'pm_sandbox_not_charged_answer_lost',
      'pm_sandbox_lost_request',
      'pm_sandbox_canceled_yet_charged',
      'pm_sandbox_refund_fails',
    ]);
  });
});
