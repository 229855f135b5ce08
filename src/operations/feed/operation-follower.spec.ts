import { NIL } from 'uuid';
import type { QueryBus } from '@nestjs/cqrs';
import fc, { type Scheduler } from 'fast-check';
import { Gate } from '../../../test/support/gate.js';
import { newOperation } from '../../../test/support/new-operation.js';
import { followersIn } from '../../../test/support/watchers.js';
import { OperationNotFound } from '../domain/operation-errors.js';
import type { GetHistory, OperationHistory } from '../queries/get-history.query.js';
import { InProcessFeed } from './in-process-feed.js';
import { type Follower, type Live, OperationFollowers } from './operation-follower.js';
import { eventViewOf, type OperationEventView } from '../contract/operation-view.js';

const ID = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';
const NOW = new Date('2026-01-01T00:00:00Z');

/** The events of an operation of `length` versions; the last one ends it. */
function lifeOf(length: number): OperationEventView[] {
  const operation = newOperation({ id: ID }, NOW);
  if (length > 2) operation.beginAttempt(NOW);
  while (operation.current.version < length - 1) operation.reportProgress({ percent: 50, message: null }, NOW);
  if (length === 2) operation.cancel(NOW);
  if (length > 2) operation.succeed({}, NOW);
  return operation.events.map((event) => eventViewOf(operation.current, event));
}

/** An operation with `present` stored versions, and its follower. */
class Scene {
  readonly feed = new InProcessFeed();
  readonly received: (number | 'end')[] = [];
  readonly followers: OperationFollowers;
  live: Live | undefined;
  life: OperationEventView[];
  reads = 0;
  longestPage = 100;

  constructor(
    length: number,
    public present: number,
    /** Decides when a read is answered. */
    private readonly reading: (read: () => OperationHistory) => Promise<OperationHistory> = (read) =>
      Promise.resolve().then(read),
  ) {
    this.life = lifeOf(length);
    const queries = { execute: ({ afterVersion }: GetHistory) => this.reading(() => this.read(afterVersion)) };
    this.followers = new OperationFollowers(this.feed, queries as unknown as QueryBus, { now: () => new Date() });
  }

  follow(afterVersion: number, ready?: () => Promise<void>): Promise<Follower> {
    return this.followers.follow({ tenant: NIL, id: ID }, afterVersion, { ...(ready && { ready }) });
  }

  async listen({ live }: Follower): Promise<void> {
    this.live = live;
    await live.passTo(({ version }) => this.received.push(version));
    this.received.push('end');
  }

  /** Follows from the first version and collects what arrives. */
  async open(): Promise<void> {
    void this.listen(await this.follow(0));
  }

  publish(version: number, event?: OperationEventView, done?: boolean): void {
    this.feed.publish({ operationId: ID, version, ...(event && { event }), ...(done !== undefined && { done }) });
  }

  /** Stores the next version. */
  commit(): OperationEventView {
    this.present += 1;
    return this.life[this.present - 1]!;
  }

  /** Restores an earlier state of the database, after which the operation ends at version `length`. */
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

/** Reads, from the `from`th on, see the store at once and are answered once the gate is open. */
function sceneWithGate(from = 2): { scene: Scene; gate: Gate } {
  const gate = new Gate();
  const scene: Scene = new Scene(4, 1, async (read) => {
    const history = read();
    if (scene.reads >= from) await gate.pass();
    return history;
  });
  return { scene, gate };
}

const reads = () => new Promise((resolve) => setImmediate(resolve));

describe('a follower', () => {
  test('passes on the very next event without reading', async () => {
    const scene = new Scene(4, 1);
    await scene.open();
    for (const version of [2, 3, 4]) scene.publish(version, scene.commit());
    await reads();

    expect(scene.received).toEqual([2, 3, 4, 'end']);
    expect(scene.reads).toBe(1);
  });

  test('reads what it has not seen if a notice was lost or carries no event', async () => {
    const scene = new Scene(4, 1);
    await scene.open();
    scene.commit();
    scene.publish(3, scene.commit());
    await reads();
    expect(scene.received).toEqual([2, 3]);

    scene.commit();
    scene.publish(4);
    await reads();
    expect(scene.received).toEqual([2, 3, 4, 'end']);
  });

  test('reads a long history page by page, each when its reader is ready', async () => {
    const scene = new Scene(9, 9);
    scene.longestPage = 2;
    const ready = new Gate();
    const follower = await scene.follow(0, () => ready.pass());
    void scene.listen(follower);
    await reads();
    expect([follower.events.map(({ version }) => version), scene.received, scene.reads]).toEqual([[1, 2], [3], 2]);

    ready.open();
    for (let turn = 1; turn <= 5; turn += 1) await reads();
    expect(scene.received).toEqual([3, 4, 5, 6, 7, 8, 9, 'end']);
  });

  test('passes events on to a reader that is not ready, which its transport must cut off', async () => {
    const scene = new Scene(9, 1);
    const ready = new Gate();
    void scene.listen(await scene.follow(0, () => ready.pass()));
    for (const version of [2, 3, 4]) scene.publish(version, scene.commit());
    await reads();

    expect([scene.received, scene.reads]).toEqual([[2, 3, 4], 1]);
  });

  test('ends if its consumer throws, and says so', async () => {
    const scene = new Scene(4, 1);
    const { live } = await scene.follow(0);
    const refused = new Error('The connection is closed.');
    let taken = 0;
    const passing = live.passTo(() => {
      taken += 1;
      throw refused;
    });
    for (const version of [2, 3]) scene.publish(version, scene.commit());

    await expect(passing).rejects.toBe(refused);
    expect([taken, scene.feed.watched]).toEqual([1, []]);
  });

  test.each([
    ['before the last version passed on', 2],
    ['at a version that was passed on', 3],
  ])('passes on an ending %s, once a notice says that the operation has ended', async (_, ending) => {
    const before = new Scene(9, 3);
    await before.open();
    before.setBack(ending);
    before.publish(ending);
    await reads();
    expect(before.received).toEqual([]);

    before.publish(ending, undefined, true);
    for (let turn = 1; turn <= 3; turn += 1) await reads();
    expect(before.received).toEqual([ending, 'end']);
  });

  test('keeps a notice that arrives during its first read', async () => {
    const { scene, gate } = sceneWithGate(1);
    const opened = scene.open();
    await gate.reached;
    scene.publish(2, scene.commit());
    gate.open();
    await opened;
    await reads();

    expect(scene.received).toEqual([2]);
  });

  test('keeps a notice that arrives during a later read', async () => {
    const { scene, gate } = sceneWithGate();
    await scene.open();
    scene.commit();
    scene.publish(2);
    await gate.reached;
    scene.publish(3, scene.commit());
    gate.open();
    for (let turn = 1; turn <= 3; turn += 1) await reads();

    expect(scene.received).toEqual([2, 3]);
  });

  test('holds events back until its consumer begins', async () => {
    const scene = new Scene(3, 1);
    const follower = await scene.follow(0);
    for (const version of [2, 3]) scene.publish(version, scene.commit());
    await reads();
    expect(follower.events.map(({ version }) => version)).toEqual([1]);
    expect(scene.reads).toBe(1);

    void scene.listen(follower);
    await reads();
    expect(scene.received).toEqual([2, 3, 'end']);
  });

  test('ends at once if the operation has ended, even if no consumer begins', async () => {
    const scene = new Scene(3, 3);
    const follower = await scene.follow(1);
    expect(scene.feed.watched).toEqual([]);
    void scene.listen(follower);
    await reads();

    expect(follower.events.map(({ version }) => version)).toEqual([2, 3]);
    expect(scene.received).toEqual(['end']);
  });

  test('unsubscribes if there is no such operation', async () => {
    const scene = new Scene(2, 1, () => Promise.reject(OperationNotFound.withId(ID)));

    await expect(scene.follow(0)).rejects.toThrow(`There is no operation ${ID}.`);
    expect(scene.feed.watched).toEqual([]);
  });

  test('passes on nothing after its reader has gone, even during a read', async () => {
    const { scene, gate } = sceneWithGate();
    await scene.open();
    scene.commit();
    scene.publish(2);
    await gate.reached;
    scene.live?.end();
    gate.open();
    await reads();

    expect(scene.received).toEqual(['end']);
    expect(scene.feed.watched).toEqual([]);
  });

  test('passes on nothing after its reader has gone while it took an event', async () => {
    const scene = new Scene(4, 1);
    const { live } = await scene.follow(0);
    const passing = live.passTo(({ version }) => {
      scene.received.push(version);
      live.end();
    });
    for (const version of [2, 3]) scene.publish(version, scene.commit());
    await passing;

    expect(scene.received).toEqual([2]);
  });

  test('frees its resources when its reader goes before a consumer has begun', async () => {
    const scene = new Scene(4, 1);
    const { live } = await scene.follow(0);
    live.end();

    expect(scene.feed.watched).toEqual([]);
    expect(followersIn(scene.followers)).toBe(0);
  });

  test('ends when the process shuts down, or once its consumer begins', async () => {
    const scene = new Scene(3, 1);
    await scene.open();
    const starting = scene.follow(0);
    scene.publish(2, scene.commit());
    await scene.followers.stop();
    expect(scene.received).toEqual([2, 'end']);

    const late = scene.follow(0);
    for (const follower of [starting, late]) void scene.listen(await follower);
    await reads();
    expect(scene.received).toEqual([2, 'end', 'end', 'end']);
    expect(scene.feed.watched).toEqual([]);
  });

  test('ends when the process shuts down even if the database does not answer', async () => {
    const { scene, gate } = sceneWithGate();
    await scene.open();
    scene.publish(2);
    await gate.reached;
    await scene.followers.stop();

    expect(scene.received).toEqual(['end']);
  });

  test('passes on every unseen version once and in order, whatever happens to notices and reads', async () => {
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
          const follower = await scene.follow(afterVersion, () => turn('the reader is ready'));
          const past = follower.events.map(({ version }) => version);
          await turn('the client is answered');
          void scene.listen(follower);
          return { present: follower.operation.version, past };
        })();
        const ring = async (event: OperationEventView, bringsEvent: boolean) => {
          await turn(`notice ${event.version}`);
          scene.publish(event.version, bringsEvent ? event : undefined);
        };
        const changing = (async () => {
          for (const bells of notices) {
            await turn('a commit');
            const event = scene.commit();
            for (const { bringsEvent } of bells) void ring(event, bringsEvent);
          }
        })();
        await scheduler.waitIdle();
        await changing;
        const { present, past } = await following;
        // The catch-up task repeats the notice while the operation is followed.
        for (let looks = 0; looks <= readsThatFail.length; looks += 1) {
          scene.publish(scene.present);
          await scheduler.waitIdle();
        }

        const expected = lifeOf(length).map(({ version }) => version);
        expect([...past, ...scene.received]).toEqual([
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
