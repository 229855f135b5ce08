import { v7 as uuidv7 } from 'uuid';
import type { Operation } from '../../src/operations/domain/operation.js';
import { OperationRepository } from '../../src/operations/persistence/operation.repository.js';
import type { OperationInspection } from '../../src/operations/queries/inspect-operation.query.js';
import { actionRequired, failed, succeeded } from '../../src/operations/kinds/outcome.js';
import { BATCH } from '../../src/retention/retention.js';
import { DAYS, HOURS } from '../../src/time/durations.js';
import type { HeldClock } from '../support/held-clock.js';
import { holdClock, taskHasRun } from '../support/maintenance.js';
import { ofOnlyTenant } from '../support/only-tenant.js';
import { PaymentsOf } from '../support/payments.js';
import { rowsThatSay } from '../support/personal-data.js';
import { eventually, Service } from '../support/service.js';
import { WebhookEndpointsOf } from '../support/webhook-endpoints.js';
import { answering, WebhookReceiver } from '../support/webhook-receiver.js';
import { teach } from '../support/work.js';

const STRIP_AFTER = 10;
const DELETE_AFTER = 40;
const PERSON = 'ada-lovelace-of-st-jamess-square';

describe('retention', () => {
  let service: Service;
  let payments: PaymentsOf;
  let clock: HeldClock;
  beforeAll(async () => {
    service = await Service.start({
      RETENTION_STRIP_AFTER: String(STRIP_AFTER),
      RETENTION_DELETE_AFTER: String(DELETE_AFTER),
      WATCHDOG_MS: '50',
      WEBHOOK_ALLOW_PRIVATE: 'true',
    });
    payments = new PaymentsOf(service);
    clock = holdClock(service);
    teach(service, 'test.letter', {
      execute: async ({ progress }) => {
        await progress({ percent: 50, message: `writes to ${PERSON}` });
        return actionRequired({ type: 'redirect', url: `https://bank.example/${PERSON}` });
      },
      lookUp: () => Promise.resolve(succeeded({ to: PERSON })),
    });
    teach(service, 'test.refusal', {
      execute: () =>
        Promise.resolve(
          failed(
            { code: 'card_declined', message: 'The bank declined.', retryable: false },
            { providerCode: 'do_not_honor', quoted: PERSON },
          ),
        ),
    });
  });
  afterEach(() => (clock.aheadMs = 0));
  afterAll(() => service.stop());

  const sql = (text: string, values: unknown[] = []) => service.database.client.query(text, values);
  const ended = async (kind: string, metadata = { customer: PERSON }) =>
    service.ending((await service.start(kind, { to: PERSON }, { metadata })).body.id);
  const view = async (id: string) => (await service.get(`/api/operations/${id}`)).body;
  const strippedAt = async (id: string) => (await view(id)).strippedAt;
  const exists = async (id: string) => (await service.get(`/api/operations/${id}`)).status === 200;

  async function after(days: number): Promise<void> {
    clock.aheadMs = days * DAYS;
    for (const task of ['retention-strip', 'retention-delete']) await taskHasRun(service, task);
  }

  /** The service no longer compares the charge with its provider: half a year has passed since. */
  const closeBooks = (charge: string) =>
    sql('UPDATE payment SET reconcile_at = NULL WHERE charge_operation_id = $1', [charge]);

  test('takes the content of an operation away when its time has come, history and webhooks included', async () => {
    const receiver = await WebhookReceiver.start();
    receiver.answer = answering(200, `Thank you, ${PERSON}.`);
    const webhooks = new WebhookEndpointsOf(service);
    const { id: endpoint } = await webhooks.create({ url: receiver.url });
    const { id } = await ended('test.letter');
    await eventually(async () => {
      const deliveries = await webhooks.deliveries(endpoint);
      return deliveries.length > 3 && deliveries.every(({ status }) => status === 'delivered');
    });
    const before = await service.history(id);
    const tables = ['public.operation', 'public.operation_event', 'public.webhook_delivery'];
    expect(Object.keys(await rowsThatSay(PERSON, service.database)).sort()).toEqual(tables);

    await after(STRIP_AFTER - 0.1);
    expect(await view(id)).toMatchObject({ metadata: { customer: PERSON }, result: { to: PERSON } });
    expect(await view(id)).not.toHaveProperty('strippedAt');

    await after(STRIP_AFTER + 0.1);
    expect(await rowsThatSay(PERSON, service.database)).toEqual({});
    expect(await view(id)).toMatchObject({
      id,
      kind: 'test.letter',
      status: 'success',
      metadata: {},
      result: {},
      progress: { percent: 50, message: null },
      finishedAt: before.at(-1)!.operation.finishedAt,
      strippedAt: expect.any(String),
    });
    const history = await service.history(id);
    expect(history.map(({ type, version, occurredAt }) => ({ type, version, occurredAt }))).toEqual(
      before.map(({ type, version, occurredAt }) => ({ type, version, occurredAt })),
    );
    for (const { operation } of history) expect(operation).toMatchObject({ nextAction: null, metadata: {} });
    await webhooks.deleteAll();
  });

  test('keeps why an operation failed, and the codes of its history', async () => {
    const { id } = await ended('test.refusal');
    clock.aheadMs = 1 * HOURS;
    await eventually(
      async () => (await sql('SELECT FROM operation WHERE id = $1 AND unconfirmed_since IS NULL', [id])).rowCount === 1,
    );
    await after(STRIP_AFTER + 0.1);
    expect(await view(id)).toMatchObject({ failure: { code: 'card_declined', message: 'The bank declined.' } });
    expect((await service.history(id)).at(-1)).toMatchObject({ detail: { providerCode: 'do_not_honor' } });
    expect(await rowsThatSay(PERSON, service.database)).toEqual({});
  });

  test('keeps of a payment what its ledger needs', async () => {
    const charge = await payments.charged('pm_card_visa', { description: PERSON, orderId: PERSON });
    await closeBooks(charge.id);
    await after(STRIP_AFTER + 0.1);
    expect(await view(charge.id)).toMatchObject({ result: charge.result, strippedAt: expect.any(String) });
    const { body } = await service.get<OperationInspection>(`/api/operations/${charge.id}/inspection`);
    expect(body.input).toEqual({ amount: 1999, currency: 'EUR', capture: true });
    expect(await payments.payment(charge.id)).toMatchObject({ captured: 1999, reference: charge.result!.reference });
  });

  test('deletes an operation later with its events and deliveries, and keeps the ledger', async () => {
    const charge = await payments.charged();
    const refund = await payments.done('payment.refund', { chargeOperationId: charge.id, amount: 500 });
    await closeBooks(charge.id);
    await after(DELETE_AFTER - 0.1);
    expect([await exists(charge.id), await exists(refund.id)]).toEqual([true, true]);

    await after(DELETE_AFTER + 0.1);
    expect([await exists(charge.id), await exists(refund.id)]).toEqual([false, false]);
    for (const table of ['operation_event', 'webhook_delivery', 'retention_due'])
      expect((await sql(`SELECT FROM ${table} WHERE operation_id = ANY ($1)`, [[charge.id, refund.id]])).rowCount).toBe(
        0,
      );
    const { rows } = await sql(
      `SELECT payment.reference, captured, refunded, movement.amount, movement.reference AS moved
       FROM payment JOIN payment_movement AS movement USING (charge_operation_id) WHERE charge_operation_id = $1`,
      [charge.id],
    );
    const [{ captured, refunded, amount, ...names }] = rows as [Record<string, unknown>];
    expect([captured, refunded, amount].map(Number)).toEqual([1999, 500, 500]);
    expect(names).toEqual({ reference: charge.result!.reference, moved: refund.result!.reference });
  });

  test('leaves alone what is unfinished, unconfirmed or needs a person, and comes back to it', async () => {
    const open = await payments.waitingForTheCustomer();
    const [unconfirmed, troubled] = [await ended('test.letter'), await ended('test.letter')];
    await sql(`UPDATE operation SET unconfirmed_since = now() + interval '1 year' WHERE id = $1`, [unconfirmed.id]);
    await sql('UPDATE operation SET attention_at = now() WHERE id = $1', [troubled.id]);
    // Until it expires; the held clock would have it expire.
    await sql('UPDATE operation SET expires_at = NULL WHERE id = $1', [open.id]);
    await after(STRIP_AFTER + 0.1);
    for (const { id } of [open, unconfirmed, troubled]) expect([id, await strippedAt(id)]).toEqual([id, undefined]);
    await after(DELETE_AFTER + 0.1);
    for (const { id } of [open, unconfirmed, troubled]) expect([id, await exists(id)]).toEqual([id, true]);

    await sql('UPDATE operation SET unconfirmed_since = NULL, attention_at = NULL WHERE id = ANY ($1)', [
      [unconfirmed.id, troubled.id],
    ]);
    await after(DELETE_AFTER + 1.2);
    for (const { id } of [unconfirmed, troubled]) expect([id, await exists(id)]).toEqual([id, false]);
    expect(await exists(open.id)).toBe(true);
  });

  test('leaves a payment alone that may still be disputed, or that something still moves', async () => {
    const [disputable, moving] = [await payments.charged(), await payments.charged()];
    const refund = await payments.done('payment.refund', { chargeOperationId: moving.id, amount: 500 });
    await closeBooks(moving.id);
    await sql('UPDATE operation SET attention_at = now() WHERE id = $1', [refund.id]);
    await after(DELETE_AFTER + 0.1);
    for (const { id } of [disputable, moving, refund])
      expect([id, await exists(id), await strippedAt(id)]).toEqual([id, true, undefined]);

    await sql('UPDATE operation SET attention_at = NULL WHERE id = $1', [refund.id]);
    await closeBooks(disputable.id);
    await after(DELETE_AFTER + 1.2);
    expect([await exists(moving.id), await exists(refund.id)]).toEqual([false, false]);
    // It is looked at every 30 days.
    expect(await exists(disputable.id)).toBe(true);
    await after(DELETE_AFTER + 31.2);
    expect(await exists(disputable.id)).toBe(false);
  });

  test('a writer that has read an operation before cannot store its content again', async () => {
    const { id } = await ended('test.letter');
    const operations = service.outcome.app.get(OperationRepository, { strict: false });
    const read: Operation = await operations.get(ofOnlyTenant(id));
    await after(STRIP_AFTER + 0.1);
    read.recordLateAnswer({ answer: 'failed' }, null, clock.now());
    await expect(operations.save(read)).rejects.toMatchObject({ code: 'stale_operation' });
    expect(await rowsThatSay(PERSON, service.database)).toEqual({});
  });

  test('goes in batches, each in a transaction of its own, and passes each operation once', async () => {
    const ids = Array.from({ length: 2 * BATCH + 7 }, () => uuidv7());
    await sql(
      `INSERT INTO operation (id, tenant, kind, input, metadata, status, version, fence, attempts, look_ups,
         created_at, updated_at, finished_at)
       SELECT id, $2, 'test.letter', '{"to": "x"}', '{"customer": "x"}', 'success', 3, 1, 1, 0, now(), now(), now()
       FROM unnest($1::uuid[]) AS given (id)`,
      [ids, ofOnlyTenant('').tenant],
    );
    await after(STRIP_AFTER + 0.1);
    const { rows } = await sql(
      'SELECT count(*)::integer FROM operation WHERE id = ANY ($1) AND stripped_at IS NOT NULL GROUP BY xmin::text',
      [ids],
    );
    const sizes = rows.map(({ count }) => count as number);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(ids.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(BATCH);
    // The next walk begins behind them.
    const { rows: progress } = await sql(`SELECT after FROM retention_progress WHERE act = 'strip'`);
    expect((progress[0] as { after: string }).after >= ids.at(-1)!).toBe(true);
  });

  // The last one: it starts an operation while the clock is ahead, and ids of one process never go back.
  test('an idempotency key finds its operation for as long as that is kept', async () => {
    const headers = { 'Idempotency-Key': 'order 1' };
    const start = () => service.start('test.letter', { to: PERSON }, { headers });
    const { id } = await service.ending((await start()).body.id);
    await after(STRIP_AFTER + 0.1);
    expect((await start()).body).toMatchObject({ id, strippedAt: expect.any(String) });
    await after(DELETE_AFTER + 0.1);
    const again = await start();
    expect([again.status, again.body.id === id]).toEqual([202, false]);
  });
});

describe('without settings', () => {
  test('everything is kept', async () => {
    const service = await Service.start({ WATCHDOG_MS: '50' });
    try {
      const clock = holdClock(service);
      const { id } = await service.ending((await service.start('demo.countdown', { seconds: 1 })).body.id);
      clock.aheadMs = 10_000 * DAYS + 1 * HOURS;
      await taskHasRun(service, 'erasure');
      expect((await service.get(`/api/operations/${id}`)).body).not.toHaveProperty('strippedAt');
      await expect(taskHasRun(service, 'retention-strip')).rejects.toThrow('found none');
    } finally {
      await service.stop();
    }
  });
});
