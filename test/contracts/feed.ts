import { NIL } from 'uuid';
import type { QueryBus } from '@nestjs/cqrs';
import type { OperationEventView } from '../../src/operations/contract/operation-view.js';
import type { ChangeNotice, OperationFeed } from '../../src/operations/feed/operation-feed.js';
import { type Follower, OperationFollowers } from '../../src/operations/feed/operation-follower.js';
import { CatchUp } from '../../src/operations/feed/catch-up.task.js';
import { GetHistory } from '../../src/operations/queries/get-history.query.js';
import type { GetVersions } from '../../src/operations/queries/get-versions.query.js';
import { eventually } from '../support/service.js';

export interface FeedUnderTest {
  /** The feeds of two processes; the same one twice for a feed within one process. */
  publisher: OperationFeed;
  subscriber: OperationFeed;
  close(): Promise<void>;
}

const LAST = 6;
const eventOf = (version: number) =>
  ({ version, operation: { version, done: version === LAST } }) as unknown as OperationEventView;

/** The promises of every feed to followers, however its notices travel. */
export function describeFeed(name: string, open: () => Promise<FeedUnderTest>): void {
  describe(`the feed ${name}`, () => {
    let feed: FeedUnderTest;
    beforeEach(async () => void (feed = await open()));
    afterEach(() => feed.close());

    const publish = (operationId: string, version: number) => feed.publisher.publish({ operationId, version });

    /** Publishes notices of a separate operation until one arrives: then earlier notices have arrived, too. */
    const arrived = async () => {
      const marks: number[] = [];
      const leave = feed.subscriber.subscribe('mark', ({ version }) => marks.push(version));
      await eventually(async () => {
        publish('mark', 1);
        return marks.length > 0;
      });
      leave();
    };

    test('delivers a notice to each subscriber of its operation, and to no other', async () => {
      const received: string[] = [];
      const note = (who: string) => (notice: ChangeNotice) => received.push(`${who}: ${notice.version}`);
      feed.subscriber.subscribe('a', note('one'));
      feed.subscriber.subscribe('a', note('two'));
      feed.subscriber.subscribe('b', note('other'));
      await arrived();
      publish('a', 2);
      publish('nobody', 7);
      await eventually(async () => received.length >= 2);
      await arrived();
      expect([...received].sort()).toEqual(['one: 2', 'two: 2']);
    });

    test('watches an operation for as long as it has a subscriber', async () => {
      const leave = [feed.subscriber.subscribe('a', () => undefined), feed.subscriber.subscribe('a', () => undefined)];
      leave[0]?.();
      leave[0]?.();
      expect([feed.subscriber.watched, feed.subscriber.isWatched('a')]).toEqual([['a'], true]);
      leave[1]?.();
      expect([feed.subscriber.watched, feed.subscriber.isWatched('a')]).toEqual([[], false]);
      feed.subscriber.subscribe('a', () => undefined);
      leave[1]?.();
      expect(feed.subscriber.isWatched('a')).toBe(true);
    });

    test('delivers nothing to a subscriber that has unsubscribed', async () => {
      const received: number[] = [];
      const leave = feed.subscriber.subscribe('a', ({ version }) => received.push(version));
      leave();
      publish('a', 2);
      await arrived();
      expect(received).toEqual([]);
    });

    test('lets subscribers join and leave during a delivery', async () => {
      const received: string[] = [];
      const leave = feed.subscriber.subscribe('a', () => {
        received.push('first');
        leave();
        feed.subscriber.subscribe('a', () => received.push('came meanwhile'));
      });
      feed.subscriber.subscribe('a', () => received.push('second'));
      await arrived();
      publish('a', 2);
      await eventually(async () => received.length >= 2);
      await arrived();
      expect(received).toEqual(['first', 'second']);
    });

    test('delivers a notice to the others if a subscriber throws, and hides the error from the publisher', async () => {
      const received: number[] = [];
      feed.subscriber.subscribe('a', () => {
        throw new Error('A subscriber has failed.');
      });
      feed.subscriber.subscribe('a', ({ version }) => received.push(version));
      await arrived();
      for (const version of [2, 3]) {
        publish('a', version);
        await eventually(async () => received.at(-1) === version);
      }
      expect(received).toEqual([2, 3]);
    });

    test.each([
      ['that come doubled', [2, 2, 3, 3, 4, 4, 5, 5, 6, 6]],
      ['that come late and out of order', [5, 2, 6, 4, 3]],
      ['of which all but the last are lost', [6]],
    ])('has followers receive every version once and in order by notices %s', async (_, versions) => {
      const story = new Story(feed.subscriber);
      await story.begin();
      await arrived();
      story.stored = LAST;
      for (const version of versions) publish('a', version);
      await eventually(async () => story.received.includes('end'));
      expect(story.received).toEqual([1, 2, 3, 4, 5, 6, 'end']);
      expect(feed.subscriber.watched).toEqual([]);
    });

    test('has followers receive every version by the catch-up if all notices are lost', async () => {
      const story = new Story(feed.subscriber);
      await story.begin();
      story.stored = LAST;
      for (const { run } of new CatchUp(feed.subscriber, story.queries).tasks())
        await run(new AbortController().signal);
      await eventually(async () => story.received.includes('end'));
      expect(story.received).toEqual([1, 2, 3, 4, 5, 6, 'end']);
    });

    test('buffers nothing for a slow follower, which reads on when it can take more', async () => {
      let letGo!: () => void;
      const ready = new Promise<void>((resolve) => (letGo = resolve));
      const story = new Story(feed.subscriber, () => ready);
      await story.begin();
      await arrived();
      story.stored = LAST - 1;
      for (let repeated = 0; repeated < 100; repeated += 1) publish('a', story.stored);
      await eventually(async () => story.received.length >= 2);
      story.stored = LAST;
      publish('a', LAST);
      await arrived();
      expect([story.received, story.reads]).toEqual([[1, 2], 2]);
      letGo();
      await eventually(async () => story.received.includes('end'));
      expect([story.received, story.reads]).toEqual([[1, 2, 3, 4, 5, 6, 'end'], 3]);
    });

    test('has followers end when the process stops, and delivers nothing afterwards', async () => {
      const story = new Story(feed.subscriber);
      await story.begin();
      await story.followers.stop();
      story.stored = LAST;
      publish('a', LAST);
      await arrived();
      expect([story.received, feed.subscriber.watched]).toEqual([[1, 'end'], []]);
    });
  });
}

/** An operation with `stored` versions, and its follower from the beginning. */
class Story {
  readonly received: (number | 'end')[] = [];
  readonly queries = { execute: async (query: GetHistory | GetVersions) => this.answer(query) } as unknown as QueryBus;
  readonly followers: OperationFollowers;
  stored = 1;
  reads = 0;

  constructor(
    feed: OperationFeed,
    private readonly ready: () => Promise<void> = async () => undefined,
  ) {
    this.followers = new OperationFollowers(feed, this.queries, { now: () => new Date() });
  }

  async begin(): Promise<void> {
    const { events, live } = await this.followers.follow({ tenant: NIL, id: 'a' }, 0, { ready: this.ready });
    this.received.push(...events.map(({ version }) => version));
    void this.listen(live);
  }

  private async listen(live: Follower['live']): Promise<void> {
    await live.passTo(({ version }) => this.received.push(version));
    this.received.push('end');
  }

  private answer(query: GetHistory | GetVersions) {
    const { stored } = this;
    if (!(query instanceof GetHistory)) return [{ operationId: 'a', version: stored, done: stored === LAST }];
    this.reads += 1;
    const events = Array.from({ length: stored }, (_, at) => eventOf(at + 1)).slice(query.afterVersion);
    return { operation: eventOf(stored).operation, events, next: null };
  }
}
