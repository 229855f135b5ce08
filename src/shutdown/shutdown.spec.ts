import { jest } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { SECONDS } from '../time/durations.js';
import { longestShutdown, PHASES, type Phase, shutDown, type Step, stepsOf, StopsIn } from './shutdown.js';

const SHUTDOWN_MS = 10 * SECONDS;

let done: string[];
let warnings: unknown[];
beforeEach(() => {
  jest.useFakeTimers();
  done = [];
  warnings = [];
});
afterEach(() => jest.useRealTimers());

const logger = { warn: (warning: unknown) => void warnings.push(warning) };

const step = (name: string, phase: Phase, stop: Step['stop'] = () => undefined): Step => ({
  name,
  phase,
  stop: async () => {
    done.push(`${name} begins`);
    await stop();
    done.push(`${name} ends`);
  },
});

const lasting = (ms: number) => () => new Promise<void>((resolve) => setTimeout(resolve, ms));
const hanging = () => new Promise<void>(() => undefined);

test('a phase begins when the previous one has ended, and its steps run concurrently', async () => {
  const steps = [
    step('pool', 'connections'),
    step('slow', 'work', lasting(2000)),
    step('quick', 'work', lasting(1000)),
    step('gate', 'requests'),
  ];
  const stopped = shutDown(steps, SHUTDOWN_MS, logger);
  await jest.advanceTimersByTimeAsync(2000);
  expect(await stopped).toEqual([]);
  expect(done).toEqual([
    ...['gate begins', 'gate ends'],
    ...['slow begins', 'quick begins', 'quick ends', 'slow ends'],
    ...['pool begins', 'pool ends'],
  ]);
  expect(warnings).toEqual([]);
  expect(jest.getTimerCount()).toBe(0);
});

test.each([
  ['throws', () => Promise.reject(new Error('The disk is full.'))],
  [
    'throws at once',
    () => {
      throw new Error('The disk is full.');
    },
  ],
])('a step that %s is logged once with its cause, and later steps run', async (_, stop) => {
  const steps = [
    { name: 'broken', phase: 'answers' as const, stop },
    step('beside', 'answers', lasting(1000)),
    step('pool', 'connections'),
  ];
  const stopped = shutDown(steps, SHUTDOWN_MS, logger);
  await jest.advanceTimersByTimeAsync(1000);
  expect(await stopped).toEqual([]);
  expect(done).toEqual(['beside begins', 'beside ends', 'pool begins', 'pool ends']);
  expect(warnings).toEqual([
    {
      msg: 'a step of the shutdown has failed',
      step: 'broken',
      phase: 'answers',
      err: expect.objectContaining({ message: 'The disk is full.' }),
    },
  ]);
});

test('a step that hangs is logged once at the end of its phase, and later steps run', async () => {
  const stopped = shutDown(
    [step('stuck', 'work', hanging), step('beside', 'work'), step('pool', 'connections')],
    SHUTDOWN_MS,
    logger,
  );
  await jest.advanceTimersByTimeAsync(SHUTDOWN_MS + 2 * SECONDS - 1);
  expect(done).toEqual(['stuck begins', 'beside begins', 'beside ends']);
  expect(warnings).toEqual([]);
  await jest.advanceTimersByTimeAsync(1);
  expect(await stopped).toEqual(['stuck']);
  expect(done.slice(3)).toEqual(['pool begins', 'pool ends']);
  expect(warnings).toEqual([{ msg: 'a step of the shutdown has not ended in time', step: 'stuck', phase: 'work' }]);
});

test('a step that fails after it was abandoned is not logged again', async () => {
  const late = () => lasting(SHUTDOWN_MS + 3 * SECONDS)().then(() => Promise.reject(new Error('Too late.')));
  const stopped = shutDown(
    [step('late', 'work', late), step('pool', 'connections', lasting(2000))],
    SHUTDOWN_MS,
    logger,
  );
  await jest.advanceTimersByTimeAsync(SHUTDOWN_MS + 5 * SECONDS);
  expect(await stopped).toEqual(['late']);
  expect(warnings).toHaveLength(1);
});

test('if all steps hang, each phase still has a second, and the shutdown ends in time', async () => {
  const began: [string, number][] = [];
  const start = performance.now();
  const steps = PHASES.map((phase) => ({
    name: phase,
    phase,
    stop: () => {
      began.push([phase, performance.now() - start - SHUTDOWN_MS]);
      return hanging();
    },
  }));
  const stopped = shutDown(steps, SHUTDOWN_MS, logger);
  await jest.advanceTimersByTimeAsync(longestShutdown(SHUTDOWN_MS));
  expect(await stopped).toEqual([...PHASES]);
  expect(began.slice(1)).toEqual(PHASES.slice(1).map((phase, at) => [phase, (at + 1) * SECONDS]));
  expect(longestShutdown(SHUTDOWN_MS)).toBe(SHUTDOWN_MS + PHASES.length * SECONDS);
});

test('a decorated provider has a step in the phase that it names', async () => {
  jest.useRealTimers();
  abstract class Pool {
    abstract stop: () => void;
  }
  @Injectable()
  @StopsIn('connections')
  class PostgresPool extends Pool {
    override stop = () => void done.push('PostgresPool');
  }
  @Injectable()
  @StopsIn('work')
  class Worker {
    stop = () => void done.push('Worker');
  }
  @Injectable()
  @StopsIn('work')
  class NotProvided {
    stop = () => void done.push('NotProvided');
  }
  @Injectable()
  class NotDecorated {
    stop = () => void done.push('NotDecorated');
  }
  expect(NotProvided.name).toBe('NotProvided');
  const app = await Test.createTestingModule({
    imports: [DiscoveryModule],
    providers: [
      { provide: Pool, useClass: PostgresPool },
      { provide: 'alias', useExisting: Pool },
      Worker,
      NotDecorated,
    ],
  }).compile();
  const steps = stepsOf(app);
  expect(steps.map(({ name, phase }) => `${phase} ${name}`).sort()).toEqual([
    'connections PostgresPool',
    'work Worker',
  ]);
  expect(await shutDown(steps, SHUTDOWN_MS, logger)).toEqual([]);
  expect(done).toEqual(['Worker', 'PostgresPool']);
});
