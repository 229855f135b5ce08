import { once } from 'node:events';
import { Writable } from 'node:stream';
import { jest } from '@jest/globals';
import type { FastifyReply } from 'fastify';
import type { OperationEventView } from '../../operations/contract/operation-view.js';
import { EventStream } from './event-stream.js';
import { SECONDS } from '../../time/durations.js';

/** An HTTP response whose client reads at once, unless it is slow. */
class FakeResponse extends Writable {
  head: unknown[] = [];
  text = '';

  constructor(private readonly slow = false) {
    super({ decodeStrings: false });
  }

  writeHead(...head: unknown[]): void {
    this.head = head;
  }

  override _write(chunk: string, _encoding: BufferEncoding, written: () => void): void {
    this.text += chunk;
    if (!this.slow) written();
  }
}

const replyWith = (raw: FakeResponse) =>
  ({
    raw,
    hijack: () => undefined,
    getHeaders: () => ({ 'x-request-id': 'r-1', etag: undefined }),
  }) as unknown as FastifyReply;

const event = { version: 7, type: 'operation.progressed', detail: null } as OperationEventView;

describe('a stream of events', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('begins with its headers and those of the request, and with the retry time', () => {
    const response = new FakeResponse();
    new EventStream(replyWith(response), () => undefined).end();

    const headers = {
      'x-request-id': 'r-1',
      'Content-Type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    };
    expect(response.head).toEqual([200, headers]);
    expect(response.text).toBe('retry: 1000\n\n');
  });

  test('sends an event with its version and its type', () => {
    const response = new FakeResponse();
    const stream = new EventStream(replyWith(response), () => undefined);
    stream.send(event);
    stream.end();

    expect(response.text).toContain(`\n\nid: 7\nevent: operation.progressed\ndata: ${JSON.stringify(event)}\n\n`);
  });

  test('sends a comment every 15 seconds until it ends', async () => {
    const response = new FakeResponse();
    const stream = new EventStream(replyWith(response), () => undefined);
    const heartbeats = () => response.text.split(': still here\n\n').length - 1;
    jest.advanceTimersByTime(14 * SECONDS);
    expect(heartbeats()).toBe(0);
    jest.advanceTimersByTime(31 * SECONDS);
    expect(heartbeats()).toBe(3);

    stream.end();
    await once(response, 'close');
    expect(jest.getTimerCount()).toBe(0);
  });

  test('sends no comment to a client that has not taken the last one', () => {
    const response = new FakeResponse(true);
    new EventStream(replyWith(response), () => undefined);
    const unread = response.writableLength;
    jest.advanceTimersByTime(600 * SECONDS);

    expect(unread).toBeGreaterThan(0);
    expect(response.writableLength).toBe(unread);
  });

  test('writes nothing more once it has ended, even if its client has not read to the end', () => {
    const response = new FakeResponse(true);
    new EventStream(replyWith(response), () => undefined).end();

    expect(response.writableFinished).toBe(false);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('reports once that its client has disconnected, and writes nothing more', async () => {
    const response = new FakeResponse();
    const gone = jest.fn();
    const stream = new EventStream(replyWith(response), gone);
    response.destroy();
    await once(response, 'close');
    stream.send(event);
    stream.end();

    expect(gone).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('reports a client that disconnected before it began', async () => {
    const response = new FakeResponse();
    response.destroy();
    await once(response, 'close');
    const gone = new Promise<void>((resolve) => new EventStream(replyWith(response), resolve));
    await gone;

    expect(jest.getTimerCount()).toBe(0);
  });
});
