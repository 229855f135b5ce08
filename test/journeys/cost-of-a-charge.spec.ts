import { setTimeout as pause } from 'node:timers/promises';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { CountedLine } from '../support/counted-line.mjs';
import { Service } from '../support/service.js';
import { expectAllEnded } from '../support/work.js';
import { SECONDS } from '../../src/time/durations.js';

/** Each periodic task that is not switched off runs in it. */
const IDLE_MS = 6 * SECONDS;
const MOST_RUNS = 60;

type Cost = Record<'statements' | 'roundTrips', number>;

/** The database cost of operations, counted on the connections: independent of the machine. */
describe('what an operation costs the database', () => {
  let database: TestDatabase;
  let line: CountedLine;
  let service: Service;
  beforeAll(async () => {
    database = await createDatabase();
    line = await CountedLine.to(database.url);
    // Long enough that the client joins the charge before it ends.
    service = await Service.start({ WATCHDOG_MS: '60000', SANDBOX_LATENCY_MS: '400' }, { ...database, url: line.url });
  });
  afterAll(async () => {
    await service.stop();
    await line.stop();
    await database.drop();
  });

  const sentDuring = async (run: () => Promise<unknown>): Promise<Cost & { byTitle: Map<string, number> }> => {
    const before = line.counts();
    await run();
    const after = line.counts();
    return {
      statements: after.statements - before.statements,
      roundTrips: after.roundTrips - before.roundTrips,
      byTitle: new Map([...after.byTitle].map(([title, times]) => [title, times - (before.byTitle.get(title) ?? 0)])),
    };
  };

  /**
   * The first cost that is cheap enough, or the last one: tasks that exist only during a run fall into some. A run that
   * was another one than was meant says false.
   */
  const costOf = async (
    run: () => Promise<boolean>,
    mostStatements: number,
    periodic: string[] = [],
  ): Promise<Cost> => {
    let cost: Cost = { statements: NaN, roundTrips: NaN };
    for (let runs = 1; runs <= MOST_RUNS; runs += 1) {
      let isMeant = false;
      const { statements, roundTrips, byTitle } = await sentDuring(async () => void (isMeant = await run()));
      if (!isMeant) continue;
      // Each of a periodic task is a round trip of its own.
      const byItself = periodic.reduce((sum, title) => sum + (byTitle.get(title) ?? 0), 0);
      cost = { statements: statements - byItself, roundTrips: roundTrips - byItself };
      if (cost.statements <= mostStatements) break;
    }
    return cost;
  };

  test('a lone charge that its starter follows: three statements, one acknowledgement and one push', async () => {
    const { byTitle } = await sentDuring(() => pause(IDLE_MS));
    const periodic = [...byTitle].flatMap(([title, times]) => (times > 0 ? title : []));
    const socket = service.socket();
    const pushed: string[] = [];
    socket.on('operation', (event: { type: string }) => pushed.push(event.type));
    const run = async () => {
      pushed.length = 0;
      const { id } = await service.charge();
      const ended = new Promise((resolve) => socket.once('operation', resolve));
      const answer = (await socket.emitWithAck('join', { operationId: id })) as { events: { type: string }[] };
      const { events } = answer;
      // The client has come too late.
      if (events.at(-1)?.type === 'operation.succeeded') return false;
      await ended;
      expect(events.map(({ type }) => type)).toEqual(['operation.started', 'operation.processing']);
      expect(pushed).toEqual(['operation.succeeded']);
      return true;
    };
    expect(await costOf(run, 3, periodic)).toEqual({ statements: 3, roundTrips: 3 });
  });

  test('a hundred charges at once: at most 0.35 statements each', async () => {
    const { statements } = await costOf(async () => {
      const started = await Promise.all(Array.from({ length: 100 }, () => service.charge()));
      await expectAllEnded(
        { database } as Service,
        started.map(({ id }) => id),
      );
      return true;
    }, 35);
    expect(statements / 100).toBeLessThanOrEqual(0.35);
  });

  test('a charge out of the queue: its payment is opened by the statement that claims it', async () => {
    const busy = await Service.start({ WORKER_CONCURRENCY: '1' }, { ...database, url: line.url });
    const { byTitle } = await sentDuring(async () => {
      const started = await Promise.all(Array.from({ length: 5 }, () => busy.charge()));
      await expectAllEnded(
        { database } as Service,
        started.map(({ id }) => id),
      );
    });
    await busy.stop();
    const opening = [...byTitle].filter(([title, times]) => times > 0 && title.includes('payment-open'));
    // The first may be accepted before the others, and needs no job.
    const statements = new Set(opening.map(([title]) => title.replace(/-with-jobs.*/, '')));
    expect([...statements].sort()).toEqual(['operation-add+payment-open', 'operation-change+payment-open']);
  });
});
