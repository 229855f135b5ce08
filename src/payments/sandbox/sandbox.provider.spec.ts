import { describeProvider } from '../../../test/contracts/payment-provider.js';
import { createDatabase, type TestDatabase } from '../../../test/support/databases.js';
import { readConfig } from '../../config/config.js';
import type { ChargeRequest } from '../payment-provider.js';
import { PAYMENT_METHODS } from './payment-methods.js';
import { SandboxLedger } from './sandbox-ledger.js';
import { SandboxProvider } from './sandbox.provider.js';

async function startSandbox(latencyMs = 0): Promise<{ data: TestDatabase; provider: SandboxProvider; stop(): Promise<void> }> {
  const data = await createDatabase();
  const config = { ...readConfig({ SANDBOX_LATENCY_MS: String(latencyMs) }), DATABASE_URL: data.url };
  const ledger = new SandboxLedger(config);
  return {
    data,
    provider: new SandboxProvider(ledger, config),
    stop: async () => {
      await ledger.onApplicationShutdown();
      await data.drop();
    },
  };
}

describeProvider(
  'sandbox',
  {
    charged: 'pm_card_visa',
    declined: {
      pm_card_visa_chargeDeclined: 'card_declined',
      pm_card_visa_chargeDeclinedInsufficientFunds: 'insufficient_funds',
      pm_card_chargeDeclinedExpiredCard: 'expired_card',
      pm_card_chargeDeclinedIncorrectCvc: 'incorrect_cvc',
      pm_card_chargeDeclinedProcessingError: 'processing_error',
    },
    unknown: 'pm_card_of_nobody',
    chargedAnswerLost: 'pm_sandbox_charged_answer_lost',
    notChargedAnswerLost: 'pm_sandbox_not_charged_answer_lost',
    unavailable: 'pm_sandbox_unavailable',
    unavailableAtFirst: 'pm_sandbox_unavailable_twice',
  },
  async () => {
    const { data, provider, stop } = await startSandbox();
    const chargesUnder = async (key: string) => {
      const { rowCount } = await data.client.query(`SELECT FROM sandbox.ledger_entry WHERE idempotency_key = $1 AND outcome = 'charged'`, [
        key,
      ]);
      return rowCount ?? 0;
    };
    return { provider, chargesUnder, stop };
  },
);

describe('the sandbox', () => {
  let data: TestDatabase;
  let provider: SandboxProvider;
  let stop: () => Promise<void>;
  beforeAll(async () => ({ data, provider, stop } = await startSandbox(30)));
  afterAll(() => stop());

  const request = (idempotencyKey: string, paymentMethod = 'pm_card_visa'): ChargeRequest => ({
    idempotencyKey,
    amount: 1999,
    currency: 'EUR',
    paymentMethod,
  });

  test('takes its time, as a remote party does', async () => {
    const before = performance.now();
    await provider.charge(request('takes time'));
    await provider.lookUpCharge('takes time');
    // A timer may fire up to a millisecond early.
    expect(performance.now() - before).toBeGreaterThanOrEqual(58);
  });

  test('acts apart from our transactions: what it has done stays done', async () => {
    await data.client.query('BEGIN');
    await provider.charge(request('stays'));
    await data.client.query('ROLLBACK');
    expect(await provider.lookUpCharge('stays')).toMatchObject({ type: 'charged' });
  });

  test('counts the requests under a key in its books', async () => {
    for (let times = 0; times < 3; times += 1) await provider.charge(request('counted'));
    const { rows } = await data.client.query(`SELECT requests, outcome FROM sandbox.ledger_entry WHERE idempotency_key = 'counted'`);
    expect(rows).toEqual([{ requests: 3, outcome: 'charged' }]);
  });

  test('turns away two requests of pm_sandbox_unavailable_twice, and charges the third', async () => {
    const charging = () => provider.charge(request('twice', 'pm_sandbox_unavailable_twice'));
    await expect(charging()).rejects.toThrow('could not be reached');
    await expect(charging()).rejects.toThrow('could not be reached');
    expect(await charging()).toMatchObject({ type: 'charged' });
  });

  test('knows the payment methods under the names that the documentation promises', () => {
    expect(Object.keys(PAYMENT_METHODS)).toEqual([
      'pm_card_visa',
      'pm_card_visa_chargeDeclined',
      'pm_card_visa_chargeDeclinedInsufficientFunds',
      'pm_card_chargeDeclinedExpiredCard',
      'pm_card_chargeDeclinedIncorrectCvc',
      'pm_card_chargeDeclinedProcessingError',
      'pm_sandbox_slow',
      'pm_sandbox_unavailable_twice',
      'pm_sandbox_unavailable',
      'pm_sandbox_charged_answer_lost',
      'pm_sandbox_not_charged_answer_lost',
    ]);
  });
});
