import { StopSignal } from './stop-signal.js';

describe('a stop signal', () => {
  const reason = new Error('over');

  test('notifies all that listen, once, of the first reason', () => {
    const signal = new StopSignal();
    const received: unknown[] = [];
    signal.onStop((given) => received.push(['one', given]));
    signal.onStop((given) => received.push(['other', given]));
    signal.stop(reason);
    signal.stop(new Error('again'));
    expect(received).toEqual([
      ['one', reason],
      ['other', reason],
    ]);
    expect(() => signal.throwIfStopped()).toThrow(reason);
  });

  test('notifies at once where it is stopped already', () => {
    const signal = new StopSignal();
    signal.stop(reason);
    const received: Error[] = [];
    signal.onStop((given) => received.push(given));
    expect(received).toEqual([reason]);
  });

  test('notifies none that listens no more, and throws nothing before', () => {
    const signal = new StopSignal();
    const received: Error[] = [];
    const off = signal.onStop((given) => received.push(given));
    expect([signal.listening, signal.stopped]).toEqual([1, false]);
    signal.throwIfStopped();
    off();
    signal.stop(reason);
    expect([received, signal.listening, signal.stopped]).toEqual([[], 0, true]);
  });
});
