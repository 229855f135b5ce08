import { jest } from '@jest/globals';

/** Sets this process's wall clock (Date), which runs on from there. Timers and the database are unaffected. */
export function setWallClock(byMs: number): void {
  jest.useFakeTimers({
    now: Date.now() + byMs,
    advanceTimers: true,
    doNotFake: [
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
      'setTimeout',
      'clearTimeout',
    ],
  });
}

export const restoreWallClock = () => void jest.useRealTimers();
