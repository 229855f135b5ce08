import { jest } from '@jest/globals';
import { NOBODY } from '../access/caller.js';
import { Rooms } from './rooms.js';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const codeOf = (enter: () => unknown) => {
  try {
    enter();
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test('a connection may enter all its rooms twice at once, and then ten a second', () => {
  const rooms = new Rooms();
  for (let entered = 0; entered < 200; entered += 1) rooms.enter(`room ${entered % 100}`);
  expect(codeOf(() => rooms.enter('room 1'))).toBe('too_many_messages');
  jest.advanceTimersByTime(100);
  expect(codeOf(() => rooms.enter('room 1'))).toBeUndefined();
});

test('a room that cannot be entered again is not left', () => {
  const rooms = new Rooms();
  const room = rooms.enter('room');
  for (let entered = 1; entered < 200; entered += 1) rooms.enter('other');
  expect(codeOf(() => rooms.enter('room'))).toBe('too_many_messages');
  expect(room.wasLeft).toBe(false);
});

test.each(['before', 'after'])('a room that is left %s it is followed ends its follower', (when) => {
  const rooms = new Rooms();
  const live = { left: undefined, passTo: async () => undefined, end: jest.fn() };
  const room = rooms.enter('room');
  if (when === 'before') rooms.exit('room');
  room.follow(live, NOBODY);
  if (when === 'after') rooms.exitAll();
  expect(live.end).toHaveBeenCalledTimes(1);
});

test('a full connection enters no further room', () => {
  const rooms = new Rooms();
  for (let entered = 0; entered < 100; entered += 1) rooms.enter(`room ${entered}`);
  expect(codeOf(() => rooms.enter('one more'))).toBe('too_many_rooms');
  rooms.exit('room 1');
  expect(codeOf(() => rooms.enter('one more'))).toBeUndefined();
});
