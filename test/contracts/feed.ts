import type { QueryBus } from '@nestjs/cqrs';
import type { OperationEventView } from '../../src/operations/contract/operation-view.js';
import type { ChangeNotice, OperationFeed } from '../../src/operations/feed/operation-feed.js';
import { OperationFollowers } from '../../src/operations/feed/operation-follower.js';
import type { GetHistory } from '../../src/operations/queries/get-history.query.js';
import { eventually } from '../support/service.js';

export interface FeedUnderTest {
  /** Two processes' ends of one feed; the same one twice where it does not leave the process. */
  publisher: OperationFeed;
  subscriber: OperationFeed;
  close(): Promise<void>;
}

const LAST = 6;
const eventOf = (version: number) =>
  ({ version, operation: { version, done: version === LAST } }) as unknown as OperationEventView;

/** What every feed promises to those who follow operations, whichever way its notices travel. */
export function describeFeed(name: string, open: () => Promise<FeedUnderTest>): void {
  describe(`the feed ${name}`, () => {
    let feed: FeedUnderTest;
    beforeEach(async () => void (feed = await open()));
    afterEach(() => feed.close());

    const publish = (operationId: string, version: number) => feed.publisher.publish({ operationId, version });

    /** Publishes something of an operation of its own, until it has come: what was published before has come too. */
    const arrived = async () => {
      const marks: number[] = [];
      const leave = feed.subscriber.subscribe('mark', ({ version }) => marks.push(version));
      await eventually(async () => {
        publish('mark', 1);
        return marks.length > 0;
      });
      leave();
    };

    test('brings a notice to each subscriber of its operation, and to no other', async () => {
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

    test('brings nothing to a subscriber that has left', async () => {
      const received: number[] = [];
      const leave = feed.subscriber.subscribe('a', ({ version }) => received.push(version));
      leave();
      publish('a', 2);
      await arrived();
      expect(received).toEqual([]);
    });

    test('lets subscribers come and go while it brings a notice', async () => {
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

    test('brings a notice to the others though a subscriber throws, and the publisher learns nothing of it', async () => {
      const received: number[] = [];
      feed.subscriber.subscribe('a', () => {
        throw new Error('A subscriber has failed.');
      });
      feed.subscriber.subscribe('a', ({ version }) => received.push(version));
      await arrived();
      publish('a', 2);
      publish('a', 3);
      await eventually(async () => received.length >= 2);
      expect([...received].sort()).toEqual([2, 3]);
    });

    test.each([
      ['that come doubled', [2, 2, 3, 3, 4, 4, 5, 5, 6, 6]],
      ['that come late and out of order', [5, 2, 6, 4, 3]],
      ['of which all but the last are lost', [6]],
    ])('has followers receive every version once and in order by notices %s', async (_, versions) => {
      let stored = 1;
      const history = ({ afterVersion }: GetHistory) => ({
        operation: eventOf(stored).operation,
        events: Array.from({ length: stored }, (_, at) => eventOf(at + 1)).slice(afterVersion),
        next: null,
      });
      const queries = { execute: async (query: GetHistory) => history(query) } as unknown as QueryBus;
      const received: (number | 'end')[] = [];
      const follower = new OperationFollowers(feed.subscriber, queries).follow('a', 0, {
        event: ({ version }) => received.push(version),
        end: () => received.push('end'),
      });
      const { operation, events } = await follower.start();
      follower.open(operation);
      await arrived();
      stored = LAST;
      for (const version of versions) publish('a', version);
      await eventually(async () => received.includes('end'));
      expect([...events.map(({ version }) => version), ...received]).toEqual([1, 2, 3, 4, 5, 6, 'end']);
      expect(feed.subscriber.watched).toEqual([]);
    });
  });
}
