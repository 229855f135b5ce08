import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { OperationEventView } from '../../src/operations/contract/operation-view.js';
import type { ChangeNotice } from '../../src/operations/feed/operation-feed.js';
import { PostgresFeed } from '../../src/operations/feed/postgres-feed.js';
import { CountedLine } from '../support/counted-line.mjs';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { LineToDatabase } from '../support/line-to-database.js';
import { eventually } from '../support/service.js';

const GREATEST_VERSION = 2_147_483_647;

/** How notices travel over PostgreSQL, which describeFeed leaves open. */
describe('the feed over PostgreSQL', () => {
  let database: TestDatabase;
  const feeds: PostgresFeed[] = [];
  beforeEach(async () => void (database = await createDatabase()));
  afterEach(async () => {
    await Promise.all(feeds.splice(0).map((feed) => feed.stop()));
    await database.drop();
  });

  const open = (url = database.url) => {
    const feed = new PostgresFeed({ directUrl: url });
    feeds.push(feed);
    feed.onApplicationBootstrap();
    return feed;
  };

  /** Resolves once notices of the one reach the other, and the last of them has. */
  const reaches = async (publisher: PostgresFeed, subscriber: PostgresFeed) => {
    const mark = randomUUID();
    let [published, received] = [0, 0];
    const leave = subscriber.subscribe(mark, ({ version }) => (received = version));
    await eventually(async () => {
      if (received > 0) return true;
      publisher.publish({ operationId: mark, version: (published += 1) });
      return false;
    });
    await eventually(async () => received === published);
    leave();
  };

  /** Resolves once a feed has its answer to each statement: its next one is sent at once. */
  const isIdle = async (line: CountedLine) => {
    await eventually(async () => line.unanswered === 0);
    // The line has passed the answers on, and the feed reads them in its next turns.
    for (let turns = 0; turns < 3; turns += 1) await setImmediate();
  };

  test('is silent while no other process listens, then sends what is published together at once', async () => {
    const line = await CountedLine.to(database.url);
    const sent = () => line.counts().byTitle.get('feed-notify') ?? 0;
    const ids = Array.from({ length: 500 }, () => randomUUID());
    const publishAll = () => ids.forEach((operationId) => feed.publish({ operationId, version: GREATEST_VERSION }));

    const feed = open(line.url);
    await eventually(async () => sent() === 1);
    publishAll();
    for (let turns = 0; turns < 100; turns += 1) await setImmediate();
    expect(sent()).toBe(1);

    const other = open();
    await reaches(feed, other);
    await reaches(other, feed);
    await isIdle(line);
    const before = sent();
    const received = new Set<string>();
    for (const id of ids) other.subscribe(id, ({ version }) => version === GREATEST_VERSION && received.add(id));
    publishAll();
    await eventually(async () => received.size === ids.length);
    expect(sent() - before).toBe(1);
    await feed.stop();
    await line.stop();
  });

  test('sends what comes during a NOTIFY with the next, and of each operation the newest version', async () => {
    const line = await CountedLine.to(database.url);
    const [feed, other] = [open(line.url), open()];
    await reaches(feed, other);
    await isIdle(line);
    const sent = () => line.counts().byTitle.get('feed-notify') ?? 0;
    const before = sent();
    const versions: number[] = [];
    other.subscribe('a', ({ version }) => versions.push(version));
    feed.publish({ operationId: 'a', version: 1 });
    // The feed's turn comes first: it has sent its NOTIFY, and no answer can have been read yet.
    await setImmediate();
    for (const version of [2, 4, 3]) feed.publish({ operationId: 'a', version });
    await eventually(async () => versions.at(-1) === 4);
    expect(versions).toEqual([1, 4]);
    expect(sent() - before).toBe(2);
    await feed.stop();
    await line.stop();
  });

  test('delivers in its own process at once, with the event, and not again when the notice comes back', async () => {
    const [feed, other] = [open(), open()];
    await reaches(feed, other);
    const own: ChangeNotice[] = [];
    const others: ChangeNotice[] = [];
    feed.subscribe('a', (notice) => own.push(notice));
    other.subscribe('a', (notice) => others.push(notice));
    const notice = { operationId: 'a', version: 2, event: { version: 2 } as OperationEventView };
    feed.publish(notice);
    expect(own).toEqual([notice]);
    await eventually(async () => others.length > 0);
    await reaches(other, feed);
    expect([own, others]).toEqual([[notice], [{ operationId: 'a', version: 2 }]]);
  });

  test('survives what others write to its channel', async () => {
    const [feed, other] = [open(), open()];
    await reaches(feed, other);
    for (const payload of ['', '{', 'null', '[]', '{"from":7,"versions":null}'])
      await database.client.query(`SELECT pg_notify('outcome_operations', $1)`, [payload]);
    await Promise.all([reaches(feed, other), reaches(other, feed)]);
  });

  test('comes back by itself when the database closes its connection', async () => {
    const [feed, other] = [open(), open()];
    await reaches(feed, other);
    await database.client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    await Promise.all([reaches(feed, other), reaches(other, feed)]);
  });

  test('comes back when its connection is silently dead', async () => {
    const line = await LineToDatabase.to(database);
    const [feed, other] = [open(), open(line.url)];
    await reaches(feed, other);
    line.silenceOpenOnes();
    await reaches(feed, other);
    await other.stop();
    await line.cut();
  });
});
