import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Database } from '../database/database.js';
import { migrations } from '../database/migrations/migrations.js';
import type { OperationQueue } from '../operations/jobs/operation-queue.js';
import type { QueueBackend } from '../queue/job-queue.js';
import { SECONDS } from '../time/durations.js';
import { Readiness } from './readiness.js';
import { GROW } from './readiness.sql.js';

const MIGRATED = migrations.map((migration) => ({ name: new migration().name }));

let now: number;
let asked: unknown[];
let isFull: boolean;
let readiness: Readiness;

beforeAll(() => Logger.overrideLogger(false));
beforeEach(() => {
  [now, asked, isFull] = [5 * SECONDS, [], false];
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  const query = async (statement: unknown) => {
    asked.push(statement);
    if (isFull && statement === GROW) throw new Error('No space left on device.');
    return { rows: MIGRATED };
  };
  const database = { durable: { query } } as unknown as Database;
  const queue = { counts: async () => ({}) } as unknown as OperationQueue;
  readiness = new Readiness(database, queue, { keepsJobsWhileAway: false } as QueueBackend);
});
afterEach(() => jest.restoreAllMocks());

const looks = () => asked.filter((statement) => statement === GROW).length;
async function statusAfter(ms: number): Promise<string> {
  now += ms;
  return (await readiness.check()).status;
}

test('room on the disk is looked for every ten seconds while there is some, however often one asks', async () => {
  for (const _ of Array(10)) expect(await statusAfter(1 * SECONDS)).toBe('ok');
  expect(looks()).toBe(1);
  expect([await statusAfter(0.999 * SECONDS), looks()]).toEqual(['ok', 1]);
  expect([await statusAfter(0.001 * SECONDS), looks()]).toEqual(['ok', 2]);
});

test('a full disk is told within ten seconds, and each time until there is room', async () => {
  expect(await statusAfter(0)).toBe('ok');
  isFull = true;
  expect(await statusAfter(9 * SECONDS)).toBe('ok');
  expect([await statusAfter(1 * SECONDS), await statusAfter(1 * SECONDS)]).toEqual(['error', 'error']);
  isFull = false;
  expect([await statusAfter(1 * SECONDS), looks()]).toEqual(['ok', 4]);
});
