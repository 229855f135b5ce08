import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import type { Clock } from '../clock/clock.js';
import type { ClusterLock } from './cluster-lock.js';
import { MaintenanceRunner } from './maintenance-runner.js';
import type { MaintenanceTask } from './maintenance-task.js';

const NOW = new Date('2026-11-26T12:00:00Z');

let runner: MaintenanceRunner;
let locked: Set<string>;
const warnings: unknown[] = [];

beforeEach(() => {
  jest.useFakeTimers();
  warnings.length = 0;
  jest.spyOn(Logger.prototype, 'warn').mockImplementation((given: unknown) => void warnings.push(given));
});
afterEach(() => {
  runner.stop();
  jest.useRealTimers();
  jest.restoreAllMocks();
});

function start(...tasks: MaintenanceTask[]): void {
  locked = new Set();
  const discovery = { getProviders: () => tasks.map((task) => ({ instance: { tasks: () => [task] } })) };
  const locks = { holds: async (name: string) => locked.has(name) };
  runner = new MaintenanceRunner(
    discovery as unknown as DiscoveryService,
    locks as unknown as ClusterLock,
    { now: () => NOW } as Clock,
  );
  runner.onApplicationBootstrap();
}

const task = (name: string, run: () => Promise<void>, scope: 'node' | 'cluster' = 'node'): MaintenanceTask => ({
  name,
  everyMs: 1000,
  scope,
  run,
});

test('a failing task runs again, is counted, delays no other, and is logged once until it succeeds', async () => {
  let isBroken = true;
  const runs = { good: 0, bad: 0 };
  const bad = async () => {
    runs.bad += 1;
    if (isBroken) throw new Error('Away.');
  };
  start(
    task('bad', bad),
    task('good', async () => void (runs.good += 1)),
  );
  await jest.advanceTimersByTimeAsync(3000);
  expect(runs).toEqual({ good: 3, bad: 3 });
  expect(warnings).toEqual([expect.objectContaining({ task: 'bad', err: new Error('Away.') })]);

  isBroken = false;
  await jest.advanceTimersByTimeAsync(1000);
  isBroken = true;
  await jest.advanceTimersByTimeAsync(2000);
  expect(warnings).toHaveLength(2);
  expect(runner.reports.get('bad')).toEqual({ succeeded: 1, failed: 5, lastSuccessAt: NOW });
});

test('a cluster task runs only while this process holds its lock', async () => {
  let runs = 0;
  start(task('one at a time', async () => void (runs += 1), 'cluster'));
  await jest.advanceTimersByTimeAsync(2000);
  expect(runs).toBe(0);
  locked.add('one at a time');
  await jest.advanceTimersByTimeAsync(2000);
  expect(runs).toBe(2);
});

test('a long task does not overlap itself, and is aborted when the process stops', async () => {
  let stop: AbortSignal | undefined;
  let runs = 0;
  start({
    ...task('long', () => Promise.resolve()),
    run: (signal) => {
      stop = signal;
      runs += 1;
      return new Promise(() => undefined);
    },
  });
  await jest.advanceTimersByTimeAsync(5000);
  expect(runs).toBe(1);
  runner.stop();
  expect(stop?.aborted).toBe(true);
});

test('two tasks of one name fail the boot', () => {
  const twice = task('twice', async () => undefined);
  expect(() => start(twice, twice)).toThrow('Two maintenance tasks are called "twice".');
});
