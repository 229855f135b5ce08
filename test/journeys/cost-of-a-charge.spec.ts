import { createDatabase, type TestDatabase } from '../support/databases.js';
import { CountedLine } from '../support/counted-line.mjs';
import { Service } from '../support/service.js';
import { expectAllEnded } from '../support/work.js';

const MOST_RUNS = 60;

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

  /** The cost of the first of several runs that is cheap enough, or of the last: periodic tasks fall into some. */
  const costOf = async (run: () => Promise<void>, mostStatements: number) => {
    for (let runs = 1; ; runs += 1) {
      const before = line.counts();
      await run();
      const after = line.counts();
      const statements = after.statements - before.statements;
      if (statements <= mostStatements || runs === MOST_RUNS)
        return { statements, roundTrips: after.roundTrips - before.roundTrips };
    }
  };

  test('a lone charge that its starter follows: four statements, one acknowledgement and one push', async () => {
    const socket = service.socket();
    const pushed: string[] = [];
    socket.on('operation', (event: { type: string }) => pushed.push(event.type));
    const cost = await costOf(async () => {
      pushed.length = 0;
      const { id } = await service.charge();
      const ended = new Promise((resolve) => socket.once('operation', resolve));
      const answer = (await socket.emitWithAck('join', { operationId: id })) as { events: { type: string }[] };
      const { events } = answer;
      await ended;
      expect(events.map(({ type }) => type)).toEqual(['operation.started', 'operation.processing']);
      expect(pushed).toEqual(['operation.succeeded']);
    }, 4);
    expect(cost).toEqual({ statements: 4, roundTrips: 4 });
  });

  test('a hundred charges at once: at most 0.35 statements each', async () => {
    const { statements } = await costOf(async () => {
      const started = await Promise.all(Array.from({ length: 100 }, () => service.charge()));
      await expectAllEnded(
        { database } as Service,
        started.map(({ id }) => id),
      );
    }, 35);
    expect(statements / 100).toBeLessThanOrEqual(0.35);
  });
});
