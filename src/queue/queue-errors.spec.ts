import { EventEmitter } from 'node:events';
import { jest } from '@jest/globals';
import { logQueueErrors } from './queue-errors.js';

test.each([
  ['warned of', undefined, { warnings: 1, debugged: 0 }],
  ['no fault while the queue is closed', Promise.resolve(), { warnings: 0, debugged: 1 }],
])('A lost connection is %s', (_, closing, expected) => {
  const queue = Object.assign(new EventEmitter(), { closing });
  const logger = { warn: jest.fn(), debug: jest.fn() };
  logQueueErrors(queue, logger);
  queue.emit('error', new Error('terminating connection'));
  expect({ warnings: logger.warn.mock.calls.length, debugged: logger.debug.mock.calls.length }).toEqual(expected);
});
