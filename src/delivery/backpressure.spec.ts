import { EventEmitter } from 'node:events';
import { readerIsReady } from './backpressure.js';

const MUCH = 100_000;

test.each(['drain', 'close', 'error'])('a reader is not waited for after the event %s', async (event) => {
  const connection = new EventEmitter();
  let unread = MUCH;
  const ready = readerIsReady(
    connection,
    () => unread,
    () => false,
  );
  unread = 0;
  connection.emit(event, new Error('The connection was reset.'));

  await expect(ready).resolves.toBeUndefined();
  expect(['drain', 'close', 'error'].map((name) => connection.listenerCount(name))).toEqual([0, 0, 0]);
});
