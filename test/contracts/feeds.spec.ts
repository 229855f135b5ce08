import { InProcessFeed } from '../../src/operations/feed/in-process-feed.js';
import { PostgresFeed } from '../../src/operations/feed/postgres-feed.js';
import { RedisFeed } from '../../src/operations/feed/redis-feed.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { describeWithRedis, RedisOfTheTest } from '../support/redis-of-the-test.js';
import { describeFeed } from './feed.js';

describeFeed('within a process', async () => {
  const feed = new InProcessFeed();
  return { publisher: feed, subscriber: feed, close: async () => undefined };
});

describe('with one PostgreSQL', () => {
  let database: TestDatabase;
  beforeAll(async () => void (database = await createDatabase()));
  afterAll(() => database.drop());

  describeFeed('over PostgreSQL', async () => {
    const [publisher, subscriber] = [0, 1].map(() => new PostgresFeed({ directUrl: database.url })) as [
      PostgresFeed,
      PostgresFeed,
    ];
    publisher.onApplicationBootstrap();
    subscriber.onApplicationBootstrap();
    return {
      publisher,
      subscriber,
      close: async () => {
        await Promise.all([publisher.stop(), subscriber.stop()]);
      },
    };
  });
});

describeWithRedis('with one Redis', () => {
  let redis: RedisOfTheTest;
  let cluster: RedisOfTheTest;
  beforeAll(async () => {
    [redis, cluster] = await Promise.all([RedisOfTheTest.start(), RedisOfTheTest.startCluster()]);
  });
  afterAll(() => Promise.all([redis.remove(), cluster.remove()]));

  const over = async ({ url }: RedisOfTheTest, isCluster: boolean) => {
    const feeds = [0, 1].map(() => new RedisFeed({ urls: [url], isCluster })) as [RedisFeed, RedisFeed];
    return { publisher: feeds[0], subscriber: feeds[1], close: async () => feeds.forEach((feed) => feed.stop()) };
  };

  describeFeed('over Redis', () => over(redis, false));

  describeFeed('over a Redis Cluster', () => over(cluster, true));
});
