import { createClient, type Operation, type TransportName } from '@outcome/client';
import fc from 'fast-check';
import { type Fault, FaultyNetwork } from '../support/faulty-network.js';
import { Service } from '../support/service.js';

const RUNS = 12;
/** `SEED=… npx jest …` repeats a printed run. */
const SEED = Number(process.env.SEED ?? 1);

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.constant<Fault>({ type: 'lost' }),
  fc.constant<Fault>({ type: 'answer lost' }),
  fc.constant<Fault>({ type: 'twice' }),
  fc.record({ type: fc.constant('cut' as const), afterBytes: fc.integer({ min: 0, max: 1500 }) }),
  fc.record({ type: fc.constant('late' as const), ms: fc.integer({ min: 1, max: 600 }) }),
  fc.record({
    type: fc.constant('answered' as const),
    status: fc.constantFrom(500 as const, 502 as const, 503 as const),
    retryAfter: fc.constantFrom(0, 1),
  }),
);

const METHODS = [
  'pm_card_visa',
  'pm_card_visa_chargeDeclined',
  'pm_sandbox_unavailable_twice',
  'pm_sandbox_charged_answer_lost',
] as const;

const ORDERS: readonly TransportName[][] = [
  ['socket', 'sse', 'poll'],
  ['socket', 'poll'],
  ['sse', 'poll'],
  ['wait'],
  ['poll'],
];

const situation = fc.record({
  faults: fc.array(fault, { maxLength: 30 }),
  clients: fc.array(
    fc.record({
      transports: fc.constantFrom(...ORDERS),
      methods: fc.array(fc.constantFrom(...METHODS), { minLength: 1, maxLength: 2 }),
      cancels: fc.boolean(),
      breaksAfterMs: fc.option(fc.integer({ min: 0, max: 400 }), { nil: undefined }),
    }),
    { minLength: 3, maxLength: 4 },
  ),
});

describe('whatever the network does', () => {
  let service: Service;
  const rejections: unknown[] = [];
  const note = (reason: unknown) => void rejections.push(reason);
  beforeAll(async () => {
    process.on('unhandledRejection', note);
    service = await Service.start({ SANDBOX_LATENCY_MS: '40' });
  });
  afterAll(async () => {
    process.off('unhandledRejection', note);
    await service.stop();
  });

  let situations = 0;

  /** Starts and watches an operation: what the watcher received, and the outcome that the client reports. */
  async function follow(
    client: ReturnType<typeof createClient>,
    paymentMethod: string,
    test: string,
    cancels: boolean,
  ) {
    const started = await client.start(
      'payment.charge',
      { amount: 1999, currency: 'EUR', paymentMethod },
      { metadata: { test } },
    );
    if (cancels) void client.cancel(started.id).catch(() => undefined);
    const received: Operation[] = [];
    for await (const operation of client.watch(started.id)) received.push(operation);
    return { received, outcome: await client.outcome(started.id) };
  }

  test(`a client receives consecutive versions up to the ending, and starts one operation per start (seed ${SEED})`, async () => {
    await fc.assert(
      fc.asyncProperty(situation, async ({ faults, clients }) => {
        const network = await FaultyNetwork.before(service.url);
        network.plan(faults);
        const name = `situation-${(situations += 1)}`;
        const all = clients.map(({ transports }) => createClient({ url: network.url, transports }));
        try {
          const followed = clients.flatMap(({ methods, cancels, breaksAfterMs }, index) => {
            if (breaksAfterMs !== undefined) setTimeout(() => network.break(), breaksAfterMs);
            return methods.map((method, place) => ({
              test: `${name}-${index}-${place}`,
              ...{ method, cancels, client: all[index]! },
            }));
          });
          const ends = await Promise.all(
            followed.map(({ client, method, test, cancels }) => follow(client, method, test, cancels)),
          );

          for (const { received, outcome } of ends) {
            expect(received.map(({ version }) => version)).toEqual(received.map((_, index) => index + 1));
            const truth = await service.get(`/api/operations/${outcome.id}`);
            expect(truth.body.done).toBe(true);
            expect([received.at(-1), outcome]).toEqual([truth.body, truth.body]);
          }
          const { rows } = await service.database.client.query<{ test: string }>(
            `SELECT metadata->>'test' AS test FROM operation WHERE starts_with(metadata->>'test', $1) ORDER BY 1`,
            [`${name}-`],
          );
          expect(rows.map(({ test }) => test)).toEqual(followed.map(({ test }) => test).sort());
        } finally {
          for (const client of all) client.close();
          await network.close();
        }
      }),
      { seed: SEED, numRuns: RUNS, endOnFailure: true },
    );
    expect(rejections).toEqual([]);
  }, 180_000);
});
