import type { PublicAddress } from '../../src/address/public-address.js';
import { actInDashboard } from '../../src/payments/providers/sandbox/act-in-dashboard.command.js';
import { SandboxLedger } from '../../src/payments/providers/sandbox/sandbox-ledger.js';
import { SandboxProvider } from '../../src/payments/providers/sandbox/sandbox.provider.js';
import {
  sandboxWebhook,
  SandboxWebhooks,
  signedAsSandbox,
} from '../../src/payments/providers/sandbox/sandbox-webhooks.js';
import { SECONDS } from '../../src/time/durations.js';
import { createDatabase } from '../support/databases.js';
import { HeldClock } from '../support/held-clock.js';
import { withEmptyRow, withError, withGarbage, withValue } from '../support/postgres-messages.js';
import { type Tampering, TamperedLine } from '../support/tampered-line.js';
import { forgedByHeader } from './forged-signatures.js';
import { describeProvider } from './payment-provider.js';
import { CHARGED_TO_CARDS, NOT_CHARGED_TO_CARDS } from './provider-money.js';
import type { ProviderBooks, WireFault } from './provider-under-test.js';

/** The sandbox is reached over a database connection: the tampered answer for each fault. */
const FAULTS: Record<WireFault, Tampering> = {
  cut: () => undefined,
  error_500: withError,
  garbage: withGarbage,
  empty: withEmptyRow,
  strange_status: (answer) => withValue(answer, ['outcome', 'type'], 'of_tomorrow'),
};

/** Names of statements. One inserts a movement; the following commit executes it. */
const MOVE = 'sandbox-enter-movement';
const CANCEL = 'sandbox-cancel';
const doneBy = (statement: string, fault: WireFault) =>
  statement === MOVE && !['empty', 'strange_status'].includes(fault) ? 'commit' : statement;

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
    neverArrived: 'pm_sandbox_lost_request',
    unavailable: 'pm_sandbox_unavailable',
    unavailableAtFirst: 'pm_sandbox_unavailable_twice',
    actionRequired: 'pm_card_authenticationRequired',
    pending: 'pm_sandbox_pending',
    unknownCharge: 'sb_of_nobody',
    requests: {
      charge: ['sandbox-record'],
      capture: [MOVE],
      void: [MOVE],
      refund: [MOVE],
      cancel: [CANCEL],
      cancelUnarrived: [CANCEL],
      lookUp: ['sandbox-look-up'],
      inspect: ['sandbox-by-reference', 'sandbox-movements-of-charge'],
    },
    takes: CHARGED_TO_CARDS,
    refuses: NOT_CHARGED_TO_CARDS,
  },
  async () => {
    const data = await createDatabase();
    const line = await TamperedLine.to(data);
    const address = { url: 'http://127.0.0.1:3000' } as PublicAddress;
    const ledger = new SandboxLedger({ url: line.url, timeoutMs: 10 * SECONDS });
    const clock = new HeldClock();
    const webhooks = new SandboxWebhooks(ledger, address, clock, ['api', 'worker'], { publicUrl: undefined });
    await webhooks.onModuleInit();
    const secret = await ledger.webhookSecret();
    const entry = async (chargeKey: string) => ledger.find({ idempotencyKey: chargeKey });
    return {
      provider: new SandboxProvider(ledger, webhooks, address, { sandbox: { latencyMs: 0 } }),
      clock,
      books: async (chargeKey): Promise<ProviderBooks> => {
        const { rows } = await data.client.query<ProviderBooks>(
          `SELECT count(*)::int AS charges, coalesce(sum(amount), 0)::float8 AS authorized,
            coalesce(sum(captured), 0)::float8 AS captured,
             coalesce(sum(refunded), 0)::float8 AS refunded, coalesce(sum(disputed), 0)::float8 AS disputed,
               coalesce(bool_or(voided_at IS NOT NULL), false) AS voided
           FROM sandbox.charge WHERE idempotency_key = $1 AND outcome = 'charged'`,
          [chargeKey],
        );
        if (!rows[0]) throw new Error('Expected a row of sums, found none.');
        return rows[0];
      },
      answerCustomer: async (chargeKey, answer) => {
        await ledger.answer((await entry(chargeKey))?.token ?? '', answer === 'approve');
      },
      completePending: async (chargeKey) => {
        await data.client.query('UPDATE sandbox.charge SET settles_at = now() WHERE idempotency_key = $1', [chargeKey]);
        await entry(chargeKey);
      },
      payAgain: async (chargeKey) => {
        await ledger.answer((await entry(chargeKey))?.token ?? '', true);
      },
      forgetKeys: () => undefined,
      actInDashboard: async (chargeKey, act, amount) => {
        await actInDashboard(ledger, { charge: (await entry(chargeKey))?.reference ?? '', act, amount });
      },
      misbehave: (statement, fault) => line.plan(doneBy(statement, fault), FAULTS[fault]),
      webhooks: {
        about: async (chargeKey) => sandboxWebhook(secret, (await entry(chargeKey))?.reference ?? '', new Date()),
        secrets: [secret],
        signed: (body, { at = new Date(), secret: other = secret } = {}) => signedAsSandbox(other, body, at),
        forged: ({ body, headers: { 'sandbox-signature': signature = '' } }) =>
          forgedByHeader(body, 'sandbox-signature', signature),
      },
      stop: async () => {
        webhooks.stop();
        await ledger.stop();
        await line.stop();
        await data.drop();
      },
    };
  },
);
