import pg from 'pg';
import { CountedLine } from './counted-line.mjs';

const NAMED = { name: 'counted', text: 'SELECT $1::integer AS number' };

describe('A counted line', () => {
  let line: CountedLine;
  let client: pg.Client;

  /** The statements and round trips of the work. */
  const costOf = async (work: () => Promise<unknown>) => {
    const before = line.counts();
    await work();
    const after = line.counts();
    return [after.statements - before.statements, after.roundTrips - before.roundTrips];
  };

  beforeEach(async () => {
    line = await CountedLine.to(process.env.TEST_POSTGRES_URL ?? '');
    client = new pg.Client(line.url);
    await client.connect();
  });
  afterEach(async () => {
    await client.end();
    await line.stop();
  });

  test('counts each statement as one round trip if each waits for the previous answer', async () => {
    const work = async () => {
      await client.query('BEGIN');
      await client.query('SELECT $1::text', ['parameters']);
      await client.query({ ...NAMED, values: [1] });
      await client.query({ ...NAMED, values: [2] });
      await client.query('COMMIT');
    };
    expect(await costOf(work)).toEqual([5, 5]);
  });

  test('counts statements that are sent together as one round trip', async () => {
    const pipelining = new pg.Client({ connectionString: line.url, pipeline: true });
    await pipelining.connect();
    const together = () => Promise.all([1, 2, 3].map((number) => pipelining.query({ ...NAMED, values: [number] })));
    expect(await costOf(together)).toEqual([3, 1]);
    await pipelining.end();
  });

  test('counts statements that are larger than what a socket takes at once', async () => {
    const large = 'x'.repeat(3_000_000);
    expect(await costOf(() => client.query('SELECT $1::text', [large]))).toEqual([1, 1]);
  });

  test('distinguishes statements by their names, or by their first words', async () => {
    for (const number of [1, 2]) await client.query({ ...NAMED, values: [number] });
    await client.query('SELECT 7\n  AS seven');
    const { byTitle } = line.counts();
    expect([byTitle.get('counted'), byTitle.get('SELECT 7 AS seven')]).toEqual([2, 1]);
  });
});
