import { sandboxWebhook } from '../../src/payments/providers/sandbox/sandbox-webhooks.js';
import { type Ledger, sandboxSecret } from '../support/payments.js';
import { Service } from '../support/service.js';
import { QUICK, type World } from './world.js';

export async function startSandboxWorld(): Promise<World> {
  const service = await Service.start(QUICK);
  const { client } = service.database;
  const entryOf = async (id: string) => {
    const { rows } = await client.query<{ reference: string; token: string | null }>(
      'SELECT reference, token FROM sandbox.charge WHERE idempotency_key = $1',
      [id],
    );
    return rows[0];
  };
  const secret = await sandboxSecret(service);
  return {
    service,
    methods: {
      charged: 'pm_card_visa',
      declined: 'pm_card_visa_chargeDeclined',
      asks: 'pm_card_authenticationRequired',
      pending: 'pm_sandbox_pending',
    },
    ledger: async () => {
      const { rows } = await client.query<Ledger & { key: string; charges: number }>(
        `SELECT idempotency_key AS key, count(*)::int AS charges, sum(amount)::int AS authorized,
          sum(captured)::int AS captured,
           sum(refunded)::int AS refunded, bool_or(voided_at IS NOT NULL) AS voided
         FROM sandbox.charge WHERE outcome = 'charged' GROUP BY 1`,
      );
      return new Map(rows.map(({ key, ...books }) => [key, books]));
    },
    customer: async (id, answer) => {
      const token = (await entryOf(id))?.token;
      if (token) await service.request('POST', `/sandbox/authenticate/${token}/${answer}`);
    },
    // The sandbox completes them itself, in time.
    completePending: () => Promise.resolve(),
    deliverWebhook: async (id) => {
      const reference = (await entryOf(id))?.reference;
      if (!reference) return;
      const { body, headers } = sandboxWebhook(secret, reference, new Date());
      await service.request('POST', '/api/providers/sandbox/webhooks', {
        headers: { ...headers } as Record<string, string>,
        body: body.toString(),
      });
    },
    stop: () => service.stop(),
  };
}
