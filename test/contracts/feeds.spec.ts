import { InProcessFeed } from '../../src/operations/feed/in-process-feed.js';
import { describeFeed } from './feed.js';

describeFeed('within a process', async () => {
  const feed = new InProcessFeed();
  return { publisher: feed, subscriber: feed, close: async () => undefined };
});
