import { Logger } from '@nestjs/common';
import type { Transaction } from '../../src/database/transaction.js';
import {
  HandedBack,
  type Job,
  type JobHandler,
  type JobQueue,
  type NewJob,
  type QueueBackend,
  type QueueDefinition,
} from '../../src/queue/job-queue.js';
import { RecordingHandler } from '../support/recording-handler.js';
import { eventually } from '../support/service.js';
import { Gate } from '../support/gate.js';
import { MINUTES, SECONDS } from '../../src/time/durations.js';

const LATER = 30 * MINUTES;
/** Longer than a busy machine ever pauses, which would have a job run twice. */
const LOCK_MS = 1 * MINUTES;
/** For tests in which a job loses its worker: that is noticed after this and two checks, each a third of it apart. */
const SHORT_LOCK_MS = 3 * SECONDS;

export interface WorkerUnderTest {
  start(): Promise<void>;
  close(): Promise<void>;
}

/** The queues of one backend, and ways to disturb its store. */
export interface QueueUnderTest {
  /** A process of the service: its queues are opened before it starts. */
  node(): {
    backend: QueueBackend;
    /** A worker as @nestjs/bullmq makes it for a processor; `handler` is the processor. */
    worker<T>(
      definition: QueueDefinition,
      handler: JobHandler<T>,
      settings: { concurrency: number; lockMs: number },
    ): WorkerUnderTest;
    start(): Promise<void>;
    stop(): Promise<void>;
  };
  /** A transaction of the operations' database. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Simulates a crash: no worker renews the locks of the running jobs, and they have expired. @returns how many. */
  loseWorkers(queue: string): Promise<number>;
  /** The store ends every connection, as in a restart. */
  endConnections(): Promise<void>;
  remove(): Promise<void>;
}

interface Data {
  operationIds: string[];
}

const jobs = (...ids: string[]): NewJob<Data>[] => ids.map((id) => ({ id, data: { operationIds: [`of ${id}`] } }));
const numbered = (count: number) => Array.from({ length: count }, (_, at) => `job-${at}`);

/** The contract of every queue backend. */
export function describeQueue(name: string, make: () => Promise<QueueUnderTest>): void {
  describe(`the queue on ${name}`, () => {
    let made: QueueUnderTest;
    let definition: QueueDefinition;
    let queue: JobQueue<Data>;
    let open: (() => Promise<unknown>)[];
    let gates: Gate[];
    let queues = 0;

    beforeAll(async () => {
      // Lost workers and broken connections are logged.
      Logger.overrideLogger(false);
      made = await make();
    });
    afterAll(() => made.remove());
    beforeEach(async () => {
      open = [];
      gates = [];
      definition = { name: `queue-${(queues += 1)}`, attempts: 2, keepFailed: 0 };
      ({ queue } = await node());
    });
    afterEach(async () => {
      for (const gate of gates) gate.open();
      for (const close of open.reverse()) await close();
    });

    /** Opened at the end of the test: a worker that closes waits for its running jobs. */
    const closedGate = () => {
      const gate = new Gate();
      gates.push(gate);
      return gate;
    };

    /** Another process on the same queue. */
    const node = async () => {
      const { backend, worker, start, stop } = made.node();
      const queue = backend.open<Data>(definition);
      open.push(stop);
      await start();
      return { worker, queue };
    };

    /** A process that runs jobs, by default one at a time. */
    const work = async (
      handler: RecordingHandler<Data>,
      concurrency = 1,
      lockMs = LOCK_MS,
    ): Promise<WorkerUnderTest> => {
      const worker = (await node()).worker(definition, handler, { concurrency, lockMs });
      open.push(() => worker.close());
      await worker.start();
      return worker;
    };

    const enqueue = (...given: NewJob<Data>[]) => made.transaction((tx) => queue.enqueue(tx, given));
    const nothingPending = (...ids: string[]) => eventually(async () => (await queue.pending(ids)).size === 0);

    describe('takes part in the given transaction', () => {
      test('runs no job of a rolled-back transaction', async () => {
        const failing = made.transaction(async (tx) => {
          await queue.enqueue(tx, jobs('rolled-back', ...numbered(10)));
          throw new Error('the work has failed');
        });
        await expect(failing).rejects.toThrow('the work has failed');
        expect(await queue.pending(['rolled-back', ...numbered(10)])).toEqual(new Set());
        await enqueue(...jobs('after-it'));
        const handler = new RecordingHandler<Data>();
        await work(handler);
        await handler.untilRun('after-it');
        await nothingPending('after-it');
        expect(handler.idsOfRuns).toEqual(['after-it']);
      });

      test('runs no job before the commit, and does not delay other writers', async () => {
        const handler = new RecordingHandler<Data>();
        await work(handler);
        const commit = closedGate();
        const committing = made.transaction(async (tx) => {
          await queue.enqueue(tx, jobs('within'));
          await commit.pass();
        });
        await commit.reached;
        await enqueue(...jobs('beside'));
        await handler.untilRun('beside');
        expect(await queue.pending(['within'])).toEqual(new Set());
        expect(handler.idsOfRuns).toEqual(['beside']);
        commit.open();
        await committing;
        await handler.untilRun('within');
        expect(handler.idsOfRuns).toEqual(['beside', 'within']);
      });

      test('fails the transaction if a job’s data cannot be stored', async () => {
        const unstorable = { operationIds: [1n] } as unknown as Data;
        await expect(enqueue(...jobs('good'), { id: 'bad', data: unstorable })).rejects.toThrow(TypeError);
        expect(await queue.pending(['good', 'bad'])).toEqual(new Set());
        await enqueue(...jobs('good'));
        const handler = new RecordingHandler<Data>();
        await work(handler);
        await handler.untilRun('good');
      });
    });

    describe('takes part in the statement that stores the subject of a job', () => {
      const storing = (id: string, rows: string) => storingWith([{ id, data: { operationIds: [`of ${id}`] } }], rows);
      const storingWith = (given: NewJob<Data>[], rows: string) =>
        queue.enqueueWith(given, ({ text, values }) =>
          made.transaction((tx) => tx.query(`SELECT stored, ${text} FROM ${rows} AS stored`, values)),
        );

      test('runs one job for a statement that stores many rows, and none for one that stores none', async () => {
        await storing('of-three', 'generate_series(1, 3)');
        await storing('of-none', 'generate_series(1, 0)');
        expect(await queue.pending(['of-three', 'of-none'])).toEqual(new Set(['of-three']));
        const handler = new RecordingHandler<Data>();
        await work(handler);
        await handler.untilRun('of-three');
        await nothingPending('of-three');
        expect(handler.runs).toEqual([{ id: 'of-three', data: { operationIds: ['of of-three'] }, failures: 0 }]);
      });

      test.each([2, 7, 30])('runs %i jobs of one statement once each, and none of them for no row', async (count) => {
        const ids = numbered(count);
        await storingWith(jobs(...ids.map((id) => `none-${id}`)), 'generate_series(1, 0)');
        await storingWith(jobs(...ids), 'generate_series(1, 3)');
        const handler = new RecordingHandler<Data>();
        await work(handler);
        await nothingPending(...ids);
        expect([...handler.idsOfRuns].sort()).toEqual([...ids].sort());
      });

      test('runs no job of a failed statement', async () => {
        await expect(storing('failed', '(SELECT 1 / n FROM generate_series(-1, 0) AS n)')).rejects.toThrow('zero');
        expect(await queue.pending(['failed'])).toEqual(new Set());
      });
    });

    describe('runs committed jobs', () => {
      test('once, with id and data, and removes them', async () => {
        const operationIds = numbered(500);
        await enqueue({ id: 'of-many', data: { operationIds } });
        const handler = new RecordingHandler<Data>();
        await work(handler);
        await handler.untilRun('of-many');
        await nothingPending('of-many');
        expect(handler.runs).toEqual([{ id: 'of-many', data: { operationIds }, failures: 0 }]);
        expect(Object.values(await queue.counts()).every((count) => count === 0)).toBe(true);
      });

      test('in the order of arrival, few jobs or many, in one transaction or in several', async () => {
        await enqueue(...jobs('first', 'second'));
        await enqueue(...jobs(...numbered(30)));
        await enqueue(...jobs('last'));
        const handler = new RecordingHandler<Data>();
        await work(handler);
        await handler.untilRun('last');
        expect(handler.idsOfRuns).toEqual(['first', 'second', ...numbered(30), 'last']);
      });

      test('by priority, the lowest number first, and of equal ones in the order of arrival', async () => {
        const given: [string, number?][] = [
          ['p9', 9],
          ['p2-a', 2],
          ['p1', 1],
          ['p2-b', 2],
          ['none'],
          ['last', 300_000],
        ];
        for (const [id, priority] of given)
          await enqueue({ id, data: { operationIds: [] }, ...(priority !== undefined && { priority }) });
        // An outbox delivers jobs after their commit.
        await eventually(async () => Object.values(await queue.counts()).reduce((sum, count) => sum + count) === 6);
        const handler = new RecordingHandler<Data>();
        await work(handler);
        await handler.untilRun(...given.map(([id]) => id));
        expect(handler.idsOfRuns).toEqual(['none', 'p1', 'p2-a', 'p2-b', 'p9', 'last']);
      });

      test('by priority, even if they were added later, in one statement with their subject or became due', async () => {
        const gate = closedGate();
        const handler = new RecordingHandler<Data>(({ id }) => (id === 'running' ? gate.pass() : Promise.resolve()));
        await enqueue(...jobs('running'));
        await work(handler);
        await gate.reached;
        const backlog = numbered(20).map((id) => ({ id, data: { operationIds: [] }, priority: 7 }));
        await queue.enqueueWith(backlog, ({ text, values }) =>
          made.transaction((tx) => tx.query(`SELECT ${text}`, values)),
        );
        const runAt = new Date(Date.now() + LATER);
        await enqueue({ id: 'became-due', data: { operationIds: [] }, priority: 4, runAt });
        await enqueue({ id: 'later', data: { operationIds: [] }, priority: 3 });
        await eventually(async () => (await queue.expedite(['became-due'])) === 1);
        await eventually(async () => {
          const { waiting = 0, prioritized = 0 } = await queue.counts();
          return waiting + prioritized === 22;
        });
        gate.open();
        await handler.untilRun(...numbered(20));
        expect(handler.idsOfRuns).toEqual(['running', 'later', 'became-due', ...numbered(20)]);
      });

      test('on one of several processes', async () => {
        const handlers = [new RecordingHandler<Data>(), new RecordingHandler<Data>()];
        for (const handler of handlers) await work(handler, 5);
        await enqueue(...jobs(...numbered(100)));
        await nothingPending(...numbered(100));
        const ran = handlers.flatMap(({ idsOfRuns }) => idsOfRuns);
        expect(ran.sort()).toEqual(numbered(100).sort());
      });

      test('under one id once: adding another is a no-op until the first has ended', async () => {
        const gate = closedGate();
        const handler = new RecordingHandler<Data>((_, run) => (run === 1 ? gate.pass() : Promise.resolve()));
        await enqueue(...jobs('same'), ...jobs('same'));
        await work(handler, 2);
        await gate.reached;
        await enqueue(...jobs('same'), ...jobs('other'));
        await handler.untilRun('other');
        expect(handler.idsOfRuns).toEqual(['same', 'other']);
        gate.open();
        await nothingPending('same');
        await enqueue(...jobs('same'));
        await handler.until(() => handler.runs.length === 3);
        expect(handler.idsOfRuns).toEqual(['same', 'other', 'same']);
      });

      test('even if the store ends every connection meanwhile', async () => {
        const gate = closedGate();
        const handler = new RecordingHandler<Data>(async ({ id }, run) => {
          if (id === 'running' && run === 1) await gate.pass();
        });
        await work(handler, 2, SHORT_LOCK_MS);
        await enqueue(...jobs('running'));
        await gate.reached;
        await enqueue({ ...jobs('sleeping')[0], runAt: new Date(Date.now() + LATER) } as NewJob<Data>);
        await made.endConnections();
        gate.open();
        await eventually(() =>
          enqueue(...jobs('after-it')).then(
            () => true,
            () => false,
          ),
        );
        await handler.untilRun('after-it');
        await eventually(() =>
          queue.expedite(['sleeping']).then(
            () => true,
            () => false,
          ),
        );
        await handler.untilRun('sleeping');
        await nothingPending('running', 'sleeping', 'after-it');
      });
    });

    describe('runs a job later', () => {
      test('at its time, and not before', async () => {
        let ranAt = 0;
        const handler = new RecordingHandler<Data>(async ({ id }) => {
          if (id === 'later') ranAt = Date.now();
        });
        await work(handler);
        const runAt = new Date(Date.now() + 1 * SECONDS);
        await enqueue({ id: 'later', data: { operationIds: [] }, runAt }, ...jobs('at-once'));
        await handler.untilRun('at-once', 'later');
        // On a slow machine its time may have come before that of the other.
        expect([...handler.idsOfRuns].sort()).toEqual(['at-once', 'later']);
        expect(ranAt).toBeGreaterThanOrEqual(runAt.getTime());
      });

      test('at once if its time is past', async () => {
        const handler = new RecordingHandler<Data>();
        await work(handler);
        await enqueue({ id: 'due', data: { operationIds: [] }, runAt: new Date(Date.now() - LATER) });
        await handler.untilRun('due');
      });

      test('or now, when it is expedited', async () => {
        const runAt = new Date(Date.now() + LATER);
        const handler = new RecordingHandler<Data>();
        await work(handler);
        await enqueue(...jobs('expedited', 'left').map((job) => ({ ...job, runAt })));
        expect(await queue.expedite(['expedited', 'unknown'])).toBe(1);
        await handler.untilRun('expedited');
        await nothingPending('expedited');
        expect(await queue.expedite(['expedited'])).toBe(0);
        expect(await queue.pending(['expedited', 'left'])).toEqual(new Set(['left']));
        expect(await queue.counts()).toMatchObject({ delayed: 1 });
      });
    });

    test('lists the jobs that run or will still run', async () => {
      const gate = closedGate();
      const handler = new RecordingHandler<Data>(async ({ id }) => {
        if (id === 'running') await gate.pass();
        if (id === 'failing') throw new Error('not yet');
      });
      await work(handler);
      await enqueue(...jobs('done'), ...jobs('failing'), ...jobs('running'));
      await gate.reached;
      await enqueue(...jobs('next'), { ...jobs('low')[0], priority: 1 } as NewJob<Data>);
      await enqueue({ ...jobs('later')[0], runAt: new Date(Date.now() + LATER) } as NewJob<Data>);
      const all = ['done', 'failing', 'running', 'next', 'low', 'later', 'unknown'];
      expect(await queue.pending(all)).toEqual(new Set(['failing', 'running', 'next', 'low', 'later']));
      gate.open();
    });

    describe('runs a job again', () => {
      /** A handler whose first run waits until the test releases it. */
      const stalling = () => {
        const first = closedGate();
        const handler = new RecordingHandler<Data>((_, run) => (run === 1 ? first.pass() : Promise.resolve()));
        return { first, handler };
      };

      test('if its worker was lost, and the late end of that worker changes nothing', async () => {
        const { first, handler } = stalling();
        await work(handler, 2, SHORT_LOCK_MS);
        await enqueue(...jobs('lost'));
        await first.reached;
        expect(await made.loseWorkers(definition.name)).toBe(1);
        await handler.until(() => handler.runs.length === 2);
        await nothingPending('lost');
        first.open();
        await enqueue(...jobs('after-it'));
        await handler.untilRun('after-it');
        expect(handler.idsOfRuns).toEqual(['lost', 'lost', 'after-it']);
        expect(handler.failures).toEqual([]);
      });

      test('if it fails, after a pause that expedite does not shorten, and reports each failure', async () => {
        const began: number[] = [];
        const handler = new RecordingHandler<Data>(async () => {
          began.push(Date.now());
          throw new Error('no luck');
        });
        await work(handler);
        await enqueue(...jobs('failing'));
        await handler.until(() => handler.failures.length === 1);
        expect(await queue.expedite(['failing'])).toBe(0);
        await handler.until(() => handler.failures.length === 2);
        expect(handler.failures.map(({ message, isLast }) => [message, isLast])).toEqual([
          ['no luck', false],
          ['no luck', true],
        ]);
        expect(handler.runs.map(({ failures }) => failures)).toEqual([0, 1]);
        expect((began[1] ?? 0) - (began[0] ?? 0)).toBeGreaterThanOrEqual(0.5 * SECONDS);
        expect(await queue.pending(['failing'])).toEqual(new Set());
        expect(await queue.counts()).toMatchObject({ failed: 0 });
      });

      test('on another process if it is handed back, which is no failure', async () => {
        const giver = new RecordingHandler<Data>(async () => {
          throw new HandedBack('this process shuts down');
        });
        const givingWorker = await work(giver);
        await enqueue(...jobs('handed-back'));
        await giver.untilRun('handed-back');
        await givingWorker.close();
        const taker = new RecordingHandler<Data>();
        await work(taker);
        await taker.untilRun('handed-back');
        expect(taker.runs.map(({ failures }) => failures)).toEqual([0]);
        expect(giver.failures).toEqual([]);
      });
    });

    test('keeps keepFailed failed jobs, and runs other jobs meanwhile', async () => {
      definition = { name: `${definition.name}-keeping`, attempts: 1, keepFailed: 2 };
      ({ queue } = await node());
      const handler = new RecordingHandler<Data>(async ({ id }) => {
        if (id !== 'good') throw new Error('bad data');
      });
      await work(handler);
      await enqueue(...jobs('bad-1', 'bad-2', 'good', 'bad-3'));
      await handler.until(() => handler.failures.length === 3);
      await nothingPending('good');
      expect(await queue.counts()).toMatchObject({ failed: 2 });
      expect(handler.failures.every(({ isLast }) => isLast)).toBe(true);
    });

    test('lets a closing worker finish its running jobs and take no more', async () => {
      const gate = closedGate();
      const closing = new RecordingHandler<Data>((_: Job<Data>) => gate.pass());
      const worker = await work(closing, 2);
      await enqueue(...jobs('running'));
      await gate.reached;
      let isClosed = false;
      const closed = worker.close().then(() => (isClosed = true));
      await enqueue(...jobs('after-it'));
      const other = new RecordingHandler<Data>();
      await work(other);
      await other.untilRun('after-it');
      expect(isClosed).toBe(false);
      gate.open();
      await closed;
      await nothingPending('running');
      expect(closing.idsOfRuns).toEqual(['running']);
      expect(other.idsOfRuns).toEqual(['after-it']);
    });
  });
}
