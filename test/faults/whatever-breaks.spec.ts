import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import type { OperationView } from '../../src/operations/queries/operation-view.js';
import type { PaymentView } from '../../src/payments/queries/get-payment.query.js';
import type { Fault as WireFault } from '../support/stripe-double/faults.js';
import { FrailWorld, JOB_LOCK_MS } from './frail-world.js';
import { Witness } from './witness.js';

/** How long to go on; one round, in which each fault comes once, where it is not set. */
const FAULT_MINUTES = Number(process.env.FAULT_MINUTES ?? 0);
/** `SEED=…` plays again what was printed: the faults, their order and their length. What they meet is up to the machine. */
const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const SETTLES_WITHIN_MS = 90_000;
const ROUND_MS = 300_000;

const FAULTS: Record<string, (world: FrailWorld, forMs: number) => Promise<void>> = {
  'a power cut': (world) => world.cutPower(),
  'PostgreSQL killed': async ({ postgres }, forMs) => {
    await postgres.kill();
    await wait(forMs);
    await postgres.revive();
  },
  'a service killed': async (world, forMs) => {
    const which = forMs % 2;
    await world.services[which]?.kill('SIGKILL');
    await wait(forMs);
    await world.startService(which);
  },
  'connections ended by PostgreSQL': ({ postgres }) => postgres.endConnections(),
  'the line cut': async ({ line }, forMs) => {
    await line.cut();
    await wait(forMs);
    await line.mend();
  },
  'the line silent': async ({ line }, forMs) => {
    line.silence();
    await wait(forMs);
    line.speak();
    // A firewall that forgot a connection tells so at last.
    line.break();
  },
  'a process stopped past its lock': async ({ services }, forMs) => {
    const service = services[forMs % 2];
    service?.signal('SIGSTOP');
    await wait(2 * JOB_LOCK_MS + forMs);
    service?.signal('SIGCONT');
  },
};

const METHODS = ['pm_card_visa', 'pm_card_visa', 'pm_card_visa_chargeDeclined', 'pm_double_charged_answer_lost', 'pm_double_busy_twice'];

const wireFault: fc.Arbitrary<WireFault> = fc.oneof(
  fc.record({ type: fc.constant('cut' as const), when: fc.constantFrom('before' as const, 'after' as const) }),
  fc.record({
    type: fc.constant('answered' as const),
    status: fc.constantFrom(429 as const, 503 as const),
    when: fc.constant('before' as const),
  }),
  fc.record({ type: fc.constant('slow' as const), ms: fc.integer({ min: 50, max: 1500 }) }),
);

const round = fc.record({
  faults: fc
    .shuffledSubarray(Object.keys(FAULTS), { minLength: Object.keys(FAULTS).length })
    .chain((names) => fc.tuple(...names.map((name) => fc.tuple(fc.constant(name), fc.integer({ min: 100, max: 2000 }))))),
  pauses: fc.array(fc.integer({ min: 100, max: 800 }), { minLength: 20, maxLength: 20 }),
  starts: fc.array(
    fc.record({ paymentMethod: fc.constantFrom(...METHODS), then: fc.constantFrom('nothing', 'nothing', 'cancel', 'refund') }),
    {
      minLength: 40,
      maxLength: 40,
    },
  ),
  wire: fc.array(wireFault, { minLength: 5, maxLength: 20 }),
});
type Round = typeof round extends fc.Arbitrary<infer T> ? T : never;

(process.env.FAULT_MINUTES ? describe : describe.skip)('whatever breaks beneath two services', () => {
  let world: FrailWorld;
  beforeAll(async () => (world = await FrailWorld.build()), ROUND_MS);
  afterAll(() => world.remove(), ROUND_MS);

  const kept = new Set<string>();

  /** The operation that a client has got for its key, however often it had to send it. */
  async function start(key: string, kind: string, input: unknown): Promise<OperationView> {
    const { status, body } = await world.request('POST', '/api/operations', { kind, input }, { 'Idempotency-Key': key });
    expect([key, status]).toEqual([key, 202]);
    kept.add(body.id);
    return body;
  }

  async function play(name: string, { faults, pauses, starts, wire }: Round, letGo: AbortSignal): Promise<Witness[]> {
    world.stripe.faults.plan('', ...wire);
    const witnesses: Witness[] = [];
    const followed: Promise<void>[] = [];
    const follow = ({ id }: OperationView) => {
      let turn = witnesses.length;
      for (const { witness, done } of Witness.follow(id, () => world.url((turn += 1)), letGo)) {
        witnesses.push(witness);
        followed.push(done);
      }
    };
    let broken = true;
    const load = starts.map(async ({ paymentMethod, then }, at) => {
      await wait(at * 250);
      const charge = await start(`${name}-${at}`, 'payment.charge', { amount: 1999, currency: 'EUR', paymentMethod });
      follow(charge);
      if (then === 'cancel') await world.request('POST', `/api/operations/${charge.id}/cancel`);
      if (then !== 'refund') return;
      while (!(await world.request('GET', `/api/operations/${charge.id}`)).body.done) await wait(200);
      const refund = await world.request(
        'POST',
        '/api/operations',
        { kind: 'payment.refund', input: { chargeOperationId: charge.id } },
        { 'Idempotency-Key': `${name}-${at}-refund` },
      );
      if (refund.status !== 202) return;
      kept.add(refund.body.id);
      follow(refund.body);
    });
    const breaking = (async () => {
      for (const [at, [fault, forMs]] of faults.entries()) {
        await wait(pauses[at]);
        await FAULTS[fault]?.(world, forMs);
      }
      broken = false;
    })();
    await Promise.all([breaking, ...load]);
    expect(broken).toBe(false);
    await Promise.all(followed);
    return witnesses;
  }

  test(
    `each operation ends once, every client is told the same, and the books agree (seed ${SEED})`,
    async () => {
      const until = Date.now() + FAULT_MINUTES * 60_000;
      let at = 0;
      do {
        const [given] = fc.sample(round, { seed: SEED + at, numRuns: 1 });
        if (!given) throw new Error('Expected a round, found none.');
        if (FAULT_MINUTES) console.log(`Seed ${SEED + at}: ${given.faults.map(([fault, forMs]) => `${fault} (${forMs} ms)`).join(', ')}`);
        const letGo = new AbortController();
        const timer = setTimeout(() => letGo.abort(), 60_000 + SETTLES_WITHIN_MS);
        const witnesses = await play(`round-${SEED}-${at}`, given, letGo.signal).finally(() => (clearTimeout(timer), letGo.abort()));
        expect(world.services.map((service) => (service.isAlive ? 'alive' : service.said))).toEqual(['alive', 'alive']);
        await expectAllEnded();
        await expectOneTruth(witnesses);
        await expectTheBooksAgree();
        kept.clear();
        at += 1;
      } while (Date.now() < until);
    },
    FAULT_MINUTES * 60_000 + ROUND_MS,
  );

  const unfinished = () =>
    world.postgres.query<{ id: string; kind: string; status: string }>('SELECT id, kind, status FROM operation WHERE finished_at IS NULL');

  async function expectAllEnded(): Promise<void> {
    for (const end = Date.now() + SETTLES_WITHIN_MS; (await unfinished()).length && Date.now() < end;) await wait(200);
    expect(await unfinished()).toEqual([]);
  }

  async function expectOneTruth(witnesses: readonly Witness[]): Promise<void> {
    const { length } = await world.postgres.query('SELECT id FROM operation WHERE id = ANY($1)', [[...kept]]);
    expect(length).toBe(kept.size);
    const endings = new Map<string, string>();
    for (const id of kept) {
      const { body } = await world.request('GET', `/api/operations/${id}`);
      endings.set(id, body.status);
    }
    const told = (witness: Witness) => ({
      id: witness.id,
      way: witness.way,
      ending: witness.ending,
      complaints: witness.ending ? witness.complaints : [...witness.complaints, `last: ${witness.lastAnswer}`],
    });
    expect(witnesses.map(told)).toEqual(witnesses.map(({ id, way }) => ({ id, way, ending: endings.get(id), complaints: [] })));
    const gaps = await world.postgres.query(
      'SELECT operation_id FROM operation_event GROUP BY 1 HAVING count(*) <> max(version) OR count(*) FILTER (WHERE operation_id IS NULL) > 0',
    );
    expect(gaps).toEqual([]);
  }

  async function expectTheBooksAgree(): Promise<void> {
    for (const id of kept) {
      const { body: operation } = await world.request('GET', `/api/operations/${id}`);
      if (operation.kind !== 'payment.charge') continue;
      const { charges, authorised, captured, refunded } = world.stripe.books(id);
      const { status, body: payment } = await world.request<PaymentView>('GET', `/api/payments/${id}`);
      const ours = status === 200 ? payment : { captured: 0, refunded: 0 };
      expect({ id, captured: ours.captured, refunded: ours.refunded }).toEqual({ id, captured, refunded });
      expect([id, charges <= 1]).toEqual([id, true]);
      if (operation.status === 'success') expect([id, authorised]).toEqual([id, 1999]);
      else expect([id, operation.status, captured - refunded]).toEqual([id, operation.status, 0]);
    }
    const operations = await world.postgres.query<{ id: string }>('SELECT id::text FROM operation');
    const ids = new Set(operations.map(({ id }) => id));
    expect(world.stripe.intents.keys().filter((key) => !ids.has(key))).toEqual([]);
  }
});
