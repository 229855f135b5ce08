import { setTimeout as wait } from 'node:timers/promises';
import { jest } from '@jest/globals';
import fc from 'fast-check';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import { PaymentsOf, providerOf } from '../support/payments.js';
import { eventually } from '../support/service.js';
import { loseWorkers, storedHistories } from '../support/work.js';
import { FAULTS, FaultyProvider } from './faulty-provider.js';
import type { PAYMENT_PROVIDERS } from '../../src/config/environment.js';
import { startSandboxWorld } from './sandbox-world.js';
import { startStripeWorld } from './stripe-world.js';
import type { World } from './world.js';
import type { Fault as WireFault } from '../support/stripe-double/faults.js';

/** `RUNS=100` runs longer. */
const RUNS = Number(process.env.RUNS ?? 8);
/**
 * `SEED=…` repeats a printed run. Without RUNS it is fixed, so that a failure comes from a change; 354139971 found a
 * cancel that Stripe kept answering with an old 500.
 */
const SEED = Number(process.env.SEED ?? (process.env.RUNS ? Date.now() % 2 ** 31 : 354_139_971));
const SETTLES_WITHIN_MS = 60_000;

const MOVES = ['cancel', 'approve', 'refuse', 'refund', 'capture', 'void', 'webhook', 'lose_workers'] as const;
const ENDINGS = new Set(['operation.succeeded', 'operation.failed', 'operation.canceled', 'operation.expired']);
const AFTERWARDS = new Set(['operation.answered_late', 'operation.reviewed']);

const charge = fc.record({
  method: fc.constantFrom(
    'charged' as const,
    'charged' as const,
    'declined' as const,
    'asks' as const,
    'pending' as const,
  ),
  capture: fc.boolean(),
});

const move = fc.record({
  what: fc.constantFrom(...MOVES),
  /** The index of its charge. */
  of: fc.nat(),
  amount: fc.option(fc.integer({ min: 1, max: 1999 }), { nil: undefined }),
  afterMs: fc.integer({ min: 0, max: 120 }),
});

/** The connection breaks, or Stripe is busy or fails, before it begins or after it has acted. */
const wireFault: fc.Arbitrary<WireFault> = fc.oneof(
  fc.record({ type: fc.constant('cut' as const), when: fc.constantFrom('before' as const, 'after' as const) }),
  fc.record({
    type: fc.constant('answered' as const),
    status: fc.constantFrom(409 as const, 429 as const, 503 as const),
    when: fc.constant('before' as const),
  }),
  fc.record({
    type: fc.constant('answered' as const),
    status: fc.constant(500 as const),
    when: fc.constantFrom('before' as const, 'begun' as const, 'after' as const),
  }),
  fc.record({ type: fc.constant('slow' as const), ms: fc.integer({ min: 1, max: 100 }) }),
);

const situation = fc.record({
  wire: fc.array(wireFault, { maxLength: 8 }),
  charges: fc.array(charge, { minLength: 1, maxLength: 6 }),
  faults: fc.array(fc.constantFrom(...FAULTS), { maxLength: 40 }),
  moves: fc.array(move, { maxLength: 25 }),
});
type Situation = typeof situation extends fc.Arbitrary<infer T> ? T : never;

/** Does not compile if a provider of PAYMENT_PROVIDERS is missing: write its world as stripe-world.ts. */
const WORLDS = { sandbox: startSandboxWorld, stripe: startStripeWorld } satisfies Record<
  (typeof PAYMENT_PROVIDERS)[number],
  () => Promise<World>
>;

describe.each(Object.entries(WORLDS))('whatever goes wrong between us and the provider %s', (_, start) => {
  let world: World;
  let faults: FaultyProvider;
  let payments: PaymentsOf;
  beforeAll(async () => {
    world = await start();
    faults = new FaultyProvider(providerOf(world.service), world.service);
    payments = new PaymentsOf(world.service);
  });
  afterAll(async () => {
    await world.stop();
    jest.restoreAllMocks();
  });

  const startOne = async (kind: string, input: unknown): Promise<string | undefined> => {
    const { status, body } = await world.service.start(kind, input);
    if (status === 202) faults.place(body.id);
    return status === 202 ? body.id : undefined;
  };

  async function play({ charges, moves }: Situation): Promise<string[]> {
    const ids: string[] = [];
    for (const { method, capture } of charges) {
      const id = await startOne('payment.charge', {
        amount: 1999,
        currency: 'EUR',
        paymentMethod: world.methods[method],
        capture,
      });
      if (id) ids.push(id);
    }
    const others: string[] = [];
    for (const { what, of, amount, afterMs } of moves) {
      await wait(afterMs);
      const id = ids[of % ids.length] ?? '';
      if (what === 'cancel') await world.service.request('POST', `/api/operations/${id}/cancel`);
      else if (what === 'approve' || what === 'refuse') await world.customer(id, what);
      else if (what === 'webhook') await Promise.all([world.deliverWebhook(id), world.deliverWebhook(id)]);
      else if (what === 'lose_workers') await loseWorkers(world.service).catch(() => undefined);
      else {
        const started = await startOne(`payment.${what}`, {
          chargeOperationId: id,
          ...(what !== 'void' && { amount }),
        });
        if (started) others.push(started);
      }
    }
    return [...ids, ...others];
  }

  /** No customer action is open, everything has ended, and every late success is known and reversed. */
  async function settle(ids: readonly string[]): Promise<void> {
    const { client } = world.service.database;
    await eventually(async () => {
      const { rows } = await client.query<{ id: string; status: string }>(
        'SELECT id, status FROM operation WHERE finished_at IS NULL',
      );
      for (const { id, status } of rows) {
        if (status === 'requires_action') await world.service.request('POST', `/api/operations/${id}/cancel`);
        else await world.completePending(id);
      }
      await wait(50);
      return rows.length === 0;
    }, SETTLES_WITHIN_MS);
    for (const id of ids) await world.deliverWebhook(id);
    let left: unknown[] = [];
    await eventually(async () => {
      const { rows } = await client.query(
        `SELECT kind AS what, id::text, status AS state FROM operation WHERE finished_at IS NULL
         UNION ALL SELECT 'event', id, coalesce(operation_id, reference) FROM provider_event WHERE handled_at IS NULL`,
      );
      left = rows;
      await wait(50);
      return rows.length === 0;
    }, SETTLES_WITHIN_MS).catch(() => expect(left).toEqual([]));
  }

  async function expectOneEnding(ids: readonly string[]): Promise<void> {
    const histories = await storedHistories(world.service);
    for (const id of ids) {
      const { versions, types } = histories.get(id) ?? { versions: [], types: [] };
      expect(versions).toEqual(versions.map((_, at) => at + 1));
      const end = types.findIndex((type) => ENDINGS.has(type));
      expect([id, end >= 0]).toEqual([id, true]);
      for (const type of types.slice(end + 1)) expect(AFTERWARDS.has(type)).toBe(true);
    }
  }

  let checked = 0;

  async function expectTheBooksAgree(ids: readonly string[]): Promise<void> {
    const ledger = await world.ledger();
    const operations = await Promise.all(
      ids.map(async (id) => (await world.service.get(`/api/operations/${id}`)).body),
    );
    const nothing = { charges: 0, authorized: 0, captured: 0, refunded: 0, voided: false };
    for (const { id, status, kind } of operations.filter(
      (operation): operation is OperationView => operation.kind === 'payment.charge',
    )) {
      const theirs = ledger.get(id) ?? nothing;
      const { authorized, captured, refunded, voidedAt } = { ...nothing, voidedAt: null, ...(await paymentOf(id)) };
      expect({ id, authorized, captured, refunded, voided: voidedAt !== null }).toEqual({
        id,
        authorized: theirs.authorized,
        captured: theirs.captured,
        refunded: theirs.refunded,
        voided: theirs.voided,
      });
      expect([kind, id, theirs.charges <= 1, theirs.refunded <= theirs.captured]).toEqual([kind, id, true, true]);
      if (status === 'success') expect([id, theirs.authorized]).toEqual([id, 1999]);
      else
        expect([
          id,
          status,
          theirs.captured - theirs.refunded,
          theirs.authorized === 0 || theirs.voided || theirs.refunded > 0,
        ]).toEqual([id, status, 0, true]);
      checked += 1;
    }
  }

  async function paymentOf(id: string) {
    const { status } = await world.service.get(`/api/payments/${id}`);
    return status === 200 ? payments.payment(id) : undefined;
  }

  /** Over all operations of this world: the provider and the ledger agree to the cent, and every charge is ours. */
  async function expectTheSumsAgree(): Promise<void> {
    const { rows } = await world.service.database.client.query<{
      kept: number;
      refunded: number;
      moved: number;
      keys: string[] | null;
    }>(
      `SELECT coalesce(sum(captured - refunded), 0)::int AS kept, coalesce(sum(refunded), 0)::int AS refunded,
         (SELECT coalesce(sum((result->>'amount')::int), 0)::int FROM operation JOIN payment_movement
           ON operation_id = operation.id
          WHERE status = 'success' AND payment_movement.type = 'refund') AS moved,
         array_agg(charge_operation_id) AS keys
       FROM payment`,
    );
    const ledger = await world.ledger();
    const sum = (of: (books: { captured: number; refunded: number }) => number) =>
      [...ledger.values()].reduce((total, books) => total + of(books), 0);
    expect(rows[0]).toMatchObject({
      kept: sum(({ captured, refunded }) => captured - refunded),
      refunded: sum(({ refunded }) => refunded),
      moved: sum(({ refunded }) => refunded),
    });
    expect([...ledger.keys()].filter((key) => !rows[0]?.keys?.includes(key))).toEqual([]);
  }

  test(
    `each operation ends once, no charge is made twice, and the provider’s records agree (seed ${SEED})`,
    async () => {
      await fc.assert(
        fc.asyncProperty(situation, async (given) => {
          faults.begin(given.faults);
          world.planWire?.(given.wire);
          const ids = await play(given);
          await settle(ids);
          await expectOneEnding(ids);
          await expectTheBooksAgree(ids);
          await expectTheSumsAgree();
        }),
        { seed: SEED, numRuns: RUNS, endOnFailure: true },
      );
      expect(checked).toBeGreaterThanOrEqual(RUNS);
    },
    RUNS * SETTLES_WITHIN_MS,
  );
});
