import type { QueryBus } from '@nestjs/cqrs';
import fc, { type Scheduler } from 'fast-check';
import { newOperation } from '../../../test/support/new-operation.js';
import { OperationNotFound } from '../domain/operation-errors.js';
import type { GetHistory, OperationHistory } from '../queries/get-history.query.js';
import { InProcessFeed } from './in-process-feed.js';
import { type OperationFollower, OperationFollowers } from './operation-follower.js';
import { eventViewOf, type OperationEventView } from '../contract/operation-view.js';

const ID = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';
const NOW = new Date('2026-01-01T00:00:00Z');

/** What happens to an operation of `length` versions; the last of them is its ending. */
function lifeOf(length: number): OperationEventView[] {
  const operation = newOperation({ id: ID }, NOW);
  if (length > 2) operation.beginAttempt(NOW);
  while (operation.current.version < length - 1) operation.reportProgress({ percent: 50, message: null }, NOW);
  if (length === 2) operation.cancel(NOW);
  if (length > 2) operation.succeed({}, NOW);
  return operation.events.map((event) => eventViewOf(operation.current, event));
}

/** An operation of which `present` versions are stored so far, and somebody who follows it. */
class Scene {
  readonly feed = new InProcessFeed();
  readonly told: (number | 'end')[] = [];
  readonly followers: OperationFollowers;
  life: OperationEventView[];
  reads = 0;
  longestPage = 100;

  constructor(
    length: number,
    public present: number,
    /** What lies between a read and its answer. */
    private readonly reading: (read: () => OperationHistory) => Promise<OperationHistory> = (read) =>
      Promise.resolve().then(read),
  ) {
    this.life = lifeOf(length);
    const queries = { execute: ({ afterVersion }: GetHistory) => this.reading(() => this.read(afterVersion)) };
    this.followers = new OperationFollowers(this.feed, queries as unknown as QueryBus);
  }

  follow(afterVersion: number, ready: () => Promise<void> = async () => undefined): OperationFollower {
    return this.followers.follow(ID, afterVersion, {
      event: ({ version }) => this.told.push(version),
      ready,
      end: () => this.told.push('end'),
    });
  }

  publish(version: number, event?: OperationEventView, done?: boolean): void {
    this.feed.publish({ operationId: ID, version, ...(event && { event }), ...(done !== undefined && { done }) });
  }

  /** The next version is stored. */
  commit(): OperationEventView {
    this.present += 1;
    return this.life[this.present - 1]!;
  }

  /** The database is put back to an earlier time, and the operation ends otherwise. */
  setBack(length: number): void {
    this.life = lifeOf(length);
    this.present = length;
  }

  private read(afterVersion: number): OperationHistory {
    this.reads += 1;
    const stored = this.life.slice(0, this.present);
    const events = stored.slice(afterVersion > stored.length ? -1 : afterVersion).slice(0, this.longestPage);
    const last = (events.at(-1) ?? stored.at(-1)!).version;
    return { operation: this.life[last - 1]!.operation, events, next: last < stored.length ? last : null };
  }
}

const reads = () => new Promise((resolve) => setImmediate(resolve));

describe('a follower', () => {
  test('passes on the very next event without reading', async () => {
    const scene = new Scene(4, 1);
    const follower = scene.follow(0);
    follower.open((await follower.start()).operation);
    for (const version of [2, 3, 4]) scene.publish(version, scene.commit());

    expect(scene.told).toEqual([2, 3, 4, 'end']);
    expect(scene.reads).toBe(1);
  });

  test('reads what it has not seen, where a notice was lost or brings no event', async () => {
    const scene = new Scene(4, 1);
    const follower = scene.follow(0);
    follower.open((await follower.start()).operation);
    scene.commit();
    scene.publish(3, scene.commit());
    await reads();
    expect(scene.told).toEqual([2, 3]);

    scene.commit();
    scene.publish(4);
    await reads();
    expect(scene.told).toEqual([2, 3, 4, 'end']);
  });

  test('reads a long history page by page, and no further than its reader is ready for', async () => {
    const scene = new Scene(9, 9);
    scene.longestPage = 2;
    let letGo!: () => void;
    const ready = new Promise<void>((resolve) => (letGo = resolve));
    const follower = scene.follow(0, () => ready);
    const { operation, events } = await follower.start();
    follower.open(operation);
    await reads();
    expect([events.map(({ version }) => version), scene.told, scene.reads]).toEqual([[1, 2], [3], 2]);

    letGo();
    for (let turn = 1; turn <= 5; turn += 1) await reads();
    expect(scene.told).toEqual([3, 4, 5, 6, 7, 8, 9, 'end']);
  });

  test.each([
    ['behind what was told', 2],
    ['under a version that was told', 3],
  ])('tells an ending that comes %s, once the operation itself is looked at', async (_, ending) => {
    const before = new Scene(9, 3);
    const follower = before.follow(0);
    follower.open((await follower.start()).operation);
    before.setBack(ending);
    before.publish(ending);
    await reads();
    expect(before.told).toEqual([]);

    before.publish(ending, undefined, true);
    for (let turn = 1; turn <= 3; turn += 1) await reads();
    expect(before.told).toEqual([ending, 'end']);
  });

  test('forgets no notice that comes while it reads', async () => {
    const scene = new Scene(4, 1, async (read) => {
      const history = read();
      await reads();
      return history;
    });
    const follower = scene.follow(0);
    follower.open((await follower.start()).operation);
    scene.commit();
    scene.publish(2);
    scene.publish(3, scene.commit());
    for (let turn = 1; turn <= 3; turn += 1) await reads();

    expect(scene.told).toEqual([2, 3]);
  });

  test('tells nothing before it is opened, and then what has come meanwhile', async () => {
    const scene = new Scene(3, 1);
    const follower = scene.follow(0);
    const { operation, events } = await follower.start();
    for (const version of [2, 3]) scene.publish(version, scene.commit());
    await reads();
    expect(events.map(({ version }) => version)).toEqual([1]);
    expect(scene.told).toEqual([]);

    follower.open(operation);
    await reads();
    expect(scene.told).toEqual([2, 3, 'end']);
  });

  test('of an operation that has ended is over as soon as it is opened', async () => {
    const scene = new Scene(3, 3);
    const follower = scene.follow(1);
    const { operation, events } = await follower.start();
    follower.open(operation);

    expect(events.map(({ version }) => version)).toEqual([2, 3]);
    expect(scene.told).toEqual(['end']);
    expect(scene.feed.watched).toEqual([]);
  });

  test('stops listening where there is no such operation', async () => {
    const scene = new Scene(2, 1, () => Promise.reject(OperationNotFound.withId(ID)));

    await expect(scene.follow(0).start()).rejects.toThrow(`There is no operation ${ID}.`);
    expect(scene.feed.watched).toEqual([]);
  });

  test('tells nothing after it was closed, even where it is reading', async () => {
    const scene = new Scene(4, 1);
    const follower = scene.follow(0);
    follower.open((await follower.start()).operation);
    scene.commit();
    scene.publish(2);
    follower.close();
    await reads();

    expect(scene.told).toEqual([]);
    expect(scene.feed.watched).toEqual([]);
  });

  test('is over when the process shuts down, though no earlier than it is opened', async () => {
    const scene = new Scene(3, 1);
    const opened = scene.follow(0);
    opened.open((await opened.start()).operation);
    const starting = scene.follow(0);
    scene.followers.beforeApplicationShutdown();
    expect(scene.told).toEqual(['end']);

    const late = scene.follow(0);
    for (const follower of [starting, late]) follower.open((await follower.start()).operation);
    expect(scene.told).toEqual(['end', 'end', 'end']);
    expect(scene.feed.watched).toEqual([]);
  });

  test('tells every version after the one that was seen, in order, once, whatever becomes of notices and reads', async () => {
    const length = 6;
    const notices = fc.array(fc.record({ bringsEvent: fc.boolean() }), { maxLength: 3 });
    const lives = fc.record({
      afterVersion: fc.integer({ min: 0, max: length + 2 }),
      notices: fc.array(notices, { minLength: length - 1, maxLength: length - 1 }),
      readsThatFail: fc.array(fc.boolean(), { maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), lives, async (scheduler, { afterVersion, notices, readsThatFail }) => {
        const turn = turns(scheduler);
        const fates = [false, ...readsThatFail];
        const scene = new Scene(length, 1, async (read) => {
          await turn('a read is sent');
          const history = read();
          await turn('a read is answered');
          if (fates.shift()) throw new Error('The connection is lost.');
          return history;
        });

        const following = (async () => {
          await turn('a client comes');
          const follower = scene.follow(afterVersion);
          const { operation, events } = await follower.start();
          const heard = events.map(({ version }) => version);
          await turn('the client is answered');
          expect(scene.told).toEqual([]);
          follower.open(operation);
          return { present: operation.version, heard };
        })();
        const ring = async (event: OperationEventView, bringsEvent: boolean) => {
          await turn(`notice ${event.version}`);
          scene.publish(event.version, bringsEvent ? event : undefined);
        };
        const living = (async () => {
          for (const bells of notices) {
            await turn('a commit');
            const event = scene.commit();
            for (const { bringsEvent } of bells) void ring(event, bringsEvent);
          }
        })();
        await scheduler.waitIdle();
        await living;
        const { present, heard } = await following;
        // Watched operations are looked after for as long as there are any.
        for (let looks = 0; looks <= readsThatFail.length; looks += 1) {
          scene.publish(scene.present);
          await scheduler.waitIdle();
        }

        const expected = lifeOf(length).map(({ version }) => version);
        expect([...heard, ...scene.told]).toEqual([
          ...expected.slice(afterVersion > present ? present - 1 : afterVersion),
          'end',
        ]);
        expect(scene.feed.watched).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

const turns = (scheduler: Scheduler) => (label: string) => scheduler.schedule(Promise.resolve(), label);
