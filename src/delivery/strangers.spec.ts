import { jest } from '@jest/globals';
import { Rooms } from './rooms.js';
import { Strangers } from './strangers.js';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** Joins an operation that had ended, and so leaves at once. */
function followShortly(rooms: Rooms): void {
  const room = rooms.enter('operation');
  room.live = { left: undefined, passTo: async () => undefined, end: () => undefined };
  rooms.forget('operation', room);
}

function watched() {
  const [strangers, rooms, close] = [new Strangers(), new Rooms(), jest.fn()];
  const forget = strangers.watch(() => rooms.lastFollowed, close);
  return { rooms, close, forget };
}

test('who follows nothing is closed after ten seconds', () => {
  const { close } = watched();
  jest.advanceTimersByTime(9_000);
  expect(close).not.toHaveBeenCalled();
  jest.advanceTimersByTime(2_000);
  expect(close).toHaveBeenCalledTimes(1);
});

test('who follows only what has ended is not, until ten seconds after the last one', () => {
  const { rooms, close } = watched();
  for (let joined = 0; joined < 5; joined += 1) {
    jest.advanceTimersByTime(4_500);
    followShortly(rooms);
  }
  jest.advanceTimersByTime(9_000);
  expect(close).not.toHaveBeenCalled();
  jest.advanceTimersByTime(2_000);
  expect(close).toHaveBeenCalledTimes(1);
});

test('who is refused each room is closed', () => {
  const { rooms, close } = watched();
  for (let tried = 0; tried < 11; tried += 1) {
    rooms.forget('operation', rooms.enter('operation'));
    jest.advanceTimersByTime(1_000);
  }
  expect(close).toHaveBeenCalledTimes(1);
});
