import type { Transaction } from '../../src/database/transaction.js';
import { describeWithRedis } from '../support/redis-of-the-test.js';
import { describeQueue } from './queue.js';
import { postgresQueue } from './queues/postgres.js';
import { redisQueue } from './queues/redis.js';

describeQueue('PostgreSQL', postgresQueue);
describeWithRedis('with Redis', () => describeQueue('Redis', redisQueue));

test('on PostgreSQL a job costs its transaction one statement, and many jobs together no more', async () => {
  const made = await postgresQueue();
  const { backend, start, stop } = made.node();
  const queue = backend.open<string>({ name: 'counted', attempts: 1, keepFailed: 0 });
  await start();
  const statementsFor = (count: number) =>
    made.transaction(async (tx) => {
      let statements = 0;
      const query = (...given: Parameters<typeof tx.query>) => {
        statements += 1;
        return tx.query(...given);
      };
      const jobs = Array.from({ length: count }, (_, at) => ({ id: `${count}-${at}`, data: '' }));
      await queue.enqueue({ query } as Transaction, jobs);
      return statements;
    });
  expect(await statementsFor(1)).toBe(1);
  expect(await statementsFor(100)).toBe(1);
  await stop();
  await made.remove();
});
