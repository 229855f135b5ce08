import { EventEmitter } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import { HubLongPolling } from './hub-long-polling.js';

/** A poll, and what it was answered. */
class Poll {
  readonly answers: [status: number, text?: string][] = [];
  readonly raw = Object.assign(new EventEmitter(), { writableFinished: false });
  private code = 0;

  status(code: number): this {
    this.code = code;
    return this;
  }

  type(): this {
    return this;
  }

  send(text?: string): void {
    this.answers.push(text === undefined ? [this.code] : [this.code, text]);
  }

  close(isComplete: boolean): void {
    this.raw.writableFinished = isComplete;
    this.raw.emit('close');
  }
}

describe('long polling', () => {
  let polling: HubLongPolling;
  let losses: number;
  beforeEach(() => {
    losses = 0;
    polling = new HubLongPolling(() => (losses += 1));
  });
  const poll = () => {
    const taken = new Poll();
    polling.take(taken as unknown as FastifyReply);
    return taken;
  };

  test('answers a poll with all that was sent in one turn, up to an answer', async () => {
    const waiting = poll();
    polling.send('a');
    polling.send('b', true);
    polling.send('c');
    await setImmediate();
    expect([waiting.answers, polling.unread()]).toEqual([[[200, 'ab']], 1]);

    expect([poll().answers, polling.unread()]).toEqual([[[200, 'c']], 0]);
  });

  test('loses nothing with a poll that is given up before its answer', async () => {
    poll().close(false);
    polling.send('a');
    await setImmediate();

    expect([poll().answers, losses]).toEqual([[[200, 'a']], 0]);
  });

  test('says so if an answer is lost', async () => {
    polling.send('a');
    poll().close(true);
    expect(losses).toBe(0);
    polling.send('b');
    poll().close(false);

    expect(losses).toBe(1);
  });

  test('gives the last words to the next poll, then tells each that it is over', () => {
    polling.send('bye');
    polling.end();

    expect([poll().answers, poll().answers, poll().answers]).toEqual([[[200, 'bye']], [[204]], [[204]]]);
  });

  test('is ready when its client has taken most, or has gone', async () => {
    polling.send('x'.repeat(65 * 1024));
    let ready = false;
    const becomesReady = polling.ready().then(() => (ready = true));
    await setImmediate();
    expect(ready).toBe(false);
    poll();
    await becomesReady;

    polling.send('x'.repeat(65 * 1024));
    const gone = polling.ready();
    polling.end();
    await gone;
  });
});
