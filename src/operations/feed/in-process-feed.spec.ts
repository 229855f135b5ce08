import { InProcessFeed } from './in-process-feed.js';

describe('the feed of a process', () => {
  test('rings for those who listen to the operation, and for nobody else', () => {
    const feed = new InProcessFeed();
    const heard: string[] = [];
    feed.subscribe('a', ({ version }) => heard.push(`first hears a ${version}`));
    feed.subscribe('a', ({ version }) => heard.push(`second hears a ${version}`));
    feed.subscribe('b', ({ version }) => heard.push(`hears b ${version}`));
    feed.publish({ operationId: 'a', version: 2 });
    feed.publish({ operationId: 'nobody', version: 1 });

    expect(heard).toEqual(['first hears a 2', 'second hears a 2']);
  });

  test('watches an operation for as long as somebody listens', () => {
    const feed = new InProcessFeed();
    const leave = [feed.subscribe('a', () => undefined), feed.subscribe('a', () => undefined)];
    leave[0]?.();
    leave[0]?.();
    expect(feed.watched).toEqual(['a']);
    leave[1]?.();
    expect(feed.watched).toEqual([]);

    feed.subscribe('a', () => undefined);
    leave[1]?.();
    expect(feed.isWatched('a')).toBe(true);
  });

  test('lets subscribers come and go while it rings', () => {
    const feed = new InProcessFeed();
    const heard: string[] = [];
    const leave = feed.subscribe('a', () => {
      heard.push('first');
      leave();
      feed.subscribe('a', () => heard.push('came meanwhile'));
    });
    feed.subscribe('a', () => heard.push('second'));
    feed.publish({ operationId: 'a', version: 2 });

    expect(heard).toEqual(['first', 'second']);
  });
});
