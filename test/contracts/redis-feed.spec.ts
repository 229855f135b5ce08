import { RedisFeed } from '../../src/operations/feed/redis-feed.js';
import { describeWithRedis, RedisOfTheTest } from '../support/redis-of-the-test.js';
import { eventually } from '../support/service.js';

/** How notices travel over Redis, which describeFeed leaves open. */
describeWithRedis('the feed over Redis', () => {
  let redis: RedisOfTheTest;
  const feeds: RedisFeed[] = [];
  beforeEach(async () => void (redis = await RedisOfTheTest.start()));
  afterEach(async () => {
    for (const feed of feeds.splice(0)) feed.stop();
    await redis.remove();
  });

  const open = () => {
    const feed = new RedisFeed({ urls: [redis.url], isCluster: false });
    feeds.push(feed);
    return feed;
  };

  const channels = async () => ((await redis.client.call('PUBSUB', 'SHARDCHANNELS')) as string[]).sort();
  const listensTo = (...ids: string[]) => {
    const expected = ids.map((id) => `outcome:operation:${id}`).sort();
    return eventually(async () => JSON.stringify(await channels()) === JSON.stringify(expected));
  };

  const listeners = async (id: string) =>
    ((await redis.client.call('PUBSUB', 'SHARDNUMSUB', `outcome:operation:${id}`)) as [string, number])[1];

  test('listens to an operation for as long as someone watches it', async () => {
    const [feed, other] = [open(), open()];
    const leave = [feed, feed, other].map((each) => each.subscribe('a', () => undefined));
    feed.subscribe('b', () => undefined);
    await listensTo('a', 'b');
    leave[2]?.();
    leave[0]?.();
    leave[0]?.();
    leave[1]?.();
    await listensTo('b');
  });

  test('listens again after Redis was away, and not to what was left meanwhile', async () => {
    const [feed, other] = [open(), open()];
    const received: number[] = [];
    feed.subscribe('a', ({ version }) => received.push(version));
    const leave = feed.subscribe('left', () => undefined);
    await listensTo('a', 'left');
    await redis.kill();
    leave();
    feed.subscribe('came', () => undefined);
    await redis.revive();
    await listensTo('a', 'came');
    await eventually(async () => {
      other.publish({ operationId: 'a', version: 2 });
      return received.length > 0;
    });
    expect(new Set(received)).toEqual(new Set([2]));
  });

  test('delivers in its own process at once, and not again when the notice comes back', async () => {
    const [feed, other] = [open(), open()];
    const [own, others]: [number[], number[]] = [[], []];
    feed.subscribe('a', ({ version }) => own.push(version));
    other.subscribe('a', ({ version }) => others.push(version));
    await eventually(async () => (await listeners('a')) === 2);
    feed.publish({ operationId: 'a', version: 2 });
    expect(own).toEqual([2]);
    await eventually(async () => others.length > 0);
    for (const message of ['', 'nonsense', 'someone 1e3', 'someone -1'])
      await redis.client.spublish('outcome:operation:a', message);
    other.publish({ operationId: 'a', version: 3 });
    await eventually(async () => own.at(-1) === 3);
    expect([own, others]).toEqual([
      [2, 3],
      [2, 3],
    ]);
  });
});
