import { setTimeout as pause } from 'node:timers/promises';
import { CountedLine, type LineCounts } from '../support/counted-line.mjs';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { Service } from '../support/service.js';

/** What a charge may cost that is alone, of things that are the same on every machine. bench/ measures the rest. */
const MOST = { statements: 17, roundTripsUntilTold: 14, acknowledgements: 1, pushes: 2 };

type Cost = typeof MOST;

const TIMES = 15;
/** What the service does by itself, it does seldom, so that the cheapest of some charges is free of it. */
const SELDOM = { WATCHDOG_MS: '60000' };
const QUIET_MS = 100;

describe('A charge that is alone', () => {
  let database: TestDatabase;
  let line: CountedLine;
  let service: Service;

  beforeAll(async () => {
    database = await createDatabase();
    line = await CountedLine.to(database.url);
    service = await Service.start({ ...SELDOM, DATABASE_URL: line.url }, database);
  });
  afterAll(async () => {
    await service.stop();
    await line.stop();
    await database.drop();
  });

  /** Once nothing is asked of the database any more. */
  async function quiet(): Promise<LineCounts> {
    for (let before = line.counts(); ;) {
      await pause(QUIET_MS);
      const now = line.counts();
      if (now.statements === before.statements) return now;
      before = now;
    }
  }

  async function costOfOne(): Promise<Cost> {
    const socket = service.socket();
    await new Promise((resolve) => socket.once('connect', () => resolve(null)));
    const before = await quiet();
    const received = { acknowledgements: 0, pushes: 0 };
    const { id } = await service.charge();
    const untilTold = new Promise<number>((resolve) => {
      const tell = ({ done }: { done: boolean }) => done && resolve(line.counts().roundTrips);
      socket.on('operation', ({ operation }: { operation: { done: boolean } }) => {
        received.pushes += 1;
        tell(operation);
      });
      socket.emit('join', { operationId: id }, ({ operation }: { operation: { done: boolean } }) => {
        received.acknowledgements += 1;
        tell(operation);
      });
    });
    const roundTripsUntilTold = (await untilTold) - before.roundTrips;
    const { statements } = await quiet();
    socket.close();
    return { statements: statements - before.statements, roundTripsUntilTold, ...received };
  }

  test('costs no more than it may', async () => {
    const costs: Cost[] = [];
    for (let time = 0; time < TIMES; time += 1) costs.push(await costOfOne());
    const least = (name: keyof Cost) => Math.min(...costs.map((cost) => cost[name]));
    const found = Object.fromEntries(Object.keys(MOST).map((name) => [name, least(name as keyof Cost)]));
    const isTooMuch = Object.entries(MOST).filter(([name, most]) => !(Number(found[name]) <= most));
    expect({ found, isTooMuch }).toEqual({ found, isTooMuch: [] });
  });
});
