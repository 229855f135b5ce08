import { InProcessFeed } from '../../src/operations/feed/in-process-feed.js';
import { PostgresFeed } from '../../src/operations/feed/postgres-feed.js';
import { createDatabase } from '../support/databases.js';
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
