import { InProcessFeed } from '../../src/operations/feed/in-process-feed.js';
import { PostgresFeed } from '../../src/operations/feed/postgres-feed.js';
import { RedisFeed } from '../../src/operations/feed/redis-feed.js';
import { createDatabase } from '../support/databases.js';
import { describeWithRedis, RedisOfTheTest } from '../support/redis-of-the-test.js';
import { describeFeed } from './feed.js';

describeFeed('within a process', async () => {
  const feed = new InProcessFeed();
  return { publisher: feed, subscriber: feed, close: async () => undefined };
});

describeFeed('over PostgreSQL', async () => {
  const database = await createDatabase();
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
      await database.drop();
    },
  };
});

describeWithRedis('with a Redis', () => {
  const overRedis = async (redis: RedisOfTheTest, isCluster: boolean) => {
    const feeds = [0, 1].map(() => new RedisFeed({ urls: [redis.url], isCluster })) as [RedisFeed, RedisFeed];
    return {
      publisher: feeds[0],
      subscriber: feeds[1],
      close: async () => {
        for (const feed of feeds) feed.stop();
        await redis.remove();
      },
    };
  };

  describeFeed('over Redis', async () => overRedis(await RedisOfTheTest.start(), false));

  describeFeed('over a Redis Cluster', async () => overRedis(await RedisOfTheTest.startCluster(), true));
});
