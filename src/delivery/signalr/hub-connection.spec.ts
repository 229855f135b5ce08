import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Access } from '../../access/access.js';
import { ANYONE } from '../../access/caller.js';
import type { OperationFollowers } from '../../operations/feed/operation-follower.js';
import { RefusedRequests } from '../../problems/refused-requests.js';
import { SECONDS } from '../../time/durations.js';
import { MOST_UNREAD } from '../backpressure.js';
import { HubConnection, type HubTransport } from './hub-connection.js';
import { OperationsHub } from './operations-hub.js';

const HANDSHAKE = '{"protocol":"json","version":1}\x1e';
const PING = '{"type":6}\x1e';

/** A transport that records what it is given. */
class RecordingTransport implements HubTransport {
  readonly sent: unknown[] = [];
  hasEnded = false;
  bytes = 0;

  send(text: string): void {
    expect(text.endsWith('\x1e')).toBe(true);
    this.sent.push(JSON.parse(text.slice(0, -1)));
  }

  unread(): number {
    return this.bytes;
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }

  end(): void {
    this.hasEnded = true;
  }
}

beforeAll(() => Logger.overrideLogger(false));

describe('a connection to the hub', () => {
  let transport: RecordingTransport;
  let connection: HubConnection;
  let ended: number;
  beforeEach(() => {
    jest.useFakeTimers();
    transport = new RecordingTransport();
    ended = 0;
    const refusedRequests = new RefusedRequests();
    connection = new HubConnection(
      transport,
      (client) =>
        new OperationsHub(
          {} as OperationFollowers,
          {} as Access,
          { caller: ANYONE, address: '127.0.0.1' },
          client,
          refusedRequests,
        ),
      () => (ended += 1),
      refusedRequests,
    );
  });
  afterEach(() => jest.useRealTimers());

  const open = () => {
    connection.receive(HANDSHAKE);
    transport.sent.length = 0;
  };
  const outcome = () => ({ sent: transport.sent, over: [transport.hasEnded, ended] });
  const closed = (error: string, allowReconnect = false) => ({
    sent: [{ type: 7, error: expect.stringMatching(error), allowReconnect }],
    over: [true, 1],
  });

  test('begins with a handshake', () => {
    connection.receive(HANDSHAKE);

    expect(outcome()).toEqual({ sent: [{}], over: [false, 0] });
  });

  test.each([
    [
      'of another protocol',
      '{"protocol":"messagepack","version":1}\x1e',
      'Expected the protocol "json" in version 1, found "messagepack" in version 1.',
    ],
    [
      'of another version',
      '{"protocol":"json","version":2}\x1e',
      'Expected the protocol "json" in version 1, found "json" in version 2.',
    ],
    ['that is another message', PING, expect.stringMatching(/^invalid_message: .* protocol: .* version: /)],
    ['that is no JSON', 'GET / HTTP/1.1\x1e', 'invalid_message: Expected each message to be JSON, found other text.'],
    [
      'that does not end',
      'x'.repeat(16 * 1024 + 1),
      'invalid_message: Expected a message of at most 16384 characters, found a longer one.',
    ],
  ])('refuses a handshake %s, with the reason', (_, text, error) => {
    connection.receive(text);

    expect(outcome()).toEqual({ sent: [{ error }], over: [true, 1] });
  });

  test('waits 15 s for the handshake', () => {
    jest.advanceTimersByTime(15 * SECONDS - 1);
    expect(outcome()).toEqual({ sent: [], over: [false, 0] });
    jest.advanceTimersByTime(1);

    expect(outcome()).toEqual({
      sent: [{ error: 'Expected a handshake within 15 s, found none.' }],
      over: [true, 1],
    });
  });

  test('reads messages that come with the handshake, and in parts', () => {
    const call = '{"type":4,"invocationId":"1","target":"Nothing","arguments":[]}\x1e';
    connection.receive(HANDSHAKE + call.slice(0, 20));
    connection.receive(call.slice(20) + call.replace('"1"', '"2"'));

    const error =
      'invalid_message: Expected the method "Join", "Renew" or "Leave", or the stream "Follow", found "Nothing".';
    expect(transport.sent).toEqual([{}, ...['1', '2'].map((invocationId) => ({ type: 3, invocationId, error }))]);
  });

  test('ignores messages of later versions, and answers that were not asked for', () => {
    open();
    connection.receive('{"type":8,"sequenceId":1}\x1e{"type":99}\x1e{"type":2}\x1e{"type":3}\x1e' + PING);

    expect(outcome()).toEqual({ sent: [], over: [false, 0] });
  });

  test.each([
    ['no JSON', 'hello\x1e', '^invalid_message: Expected each message to be JSON'],
    ['JSON, and no message', '7\x1e', '^invalid_message: '],
    ['null', 'null\x1e', '^invalid_message: '],
    ['without a type', '{"target":"Join"}\x1e', '^invalid_message: .* type: '],
    ['without arguments', '{"type":1,"target":"Join"}\x1e', '^invalid_message: .* arguments: '],
    [
      'with too long an id',
      `{"type":5,"invocationId":"${'9'.repeat(101)}"}\x1e`,
      '^(invalid_message|card_number_refused): ',
    ],
    ['with a card number', '{"type":1,"target":"4242424242424242","arguments":[]}\x1e', '^card_number_refused: '],
    [
      'over 16 KiB',
      `{"type":1,"target":"${'x'.repeat(16 * 1024)}","arguments":[]}\x1e`,
      '^invalid_message: .*at most 16384',
    ],
  ])('is closed if a message is %s, with the reason', (_, text, error) => {
    open();
    connection.receive(text);
    connection.receive(PING);

    expect(outcome()).toEqual(closed(error));
  });

  test('pings its client 15 s after the last message to it', () => {
    open();
    jest.advanceTimersByTime(14 * SECONDS);
    connection.receive('{"type":4,"invocationId":"2","target":"x","arguments":[]}\x1e');
    expect(transport.sent).toHaveLength(1);
    jest.advanceTimersByTime(14 * SECONDS);
    expect(transport.sent).toHaveLength(1);
    jest.advanceTimersByTime(1 * SECONDS);

    expect(transport.sent.slice(1)).toEqual([{ type: 6 }]);
  });

  test('is closed after 30 s without a message or a poll', () => {
    open();
    jest.advanceTimersByTime(29 * SECONDS);
    connection.receive(PING);
    jest.advanceTimersByTime(29 * SECONDS);
    connection.noteLife();
    jest.advanceTimersByTime(29 * SECONDS);
    expect(outcome().over).toEqual([false, 0]);
    transport.sent.length = 0;
    jest.advanceTimersByTime(1 * SECONDS);

    expect(outcome()).toEqual(closed('^Expected a message or a ping within 30 s, found none.$', true));
  });

  test('is cut if its client leaves 1 MB unread, and may come back', () => {
    open();
    transport.bytes = MOST_UNREAD + 1;
    jest.advanceTimersByTime(15 * SECONDS);

    expect(transport.sent).toEqual([
      { type: 6 },
      { type: 7, error: expect.stringMatching(/^reader_too_slow: More than 1048576 bytes/), allowReconnect: true },
    ]);
    expect(outcome().over).toEqual([true, 1]);
  });

  test('ends without a word when its client closes it', () => {
    open();
    connection.receive('{"type":7}\x1e');
    connection.close('too late', true);
    jest.advanceTimersByTime(60 * SECONDS);

    expect(outcome()).toEqual({ sent: [], over: [true, 1] });
    expect(jest.getTimerCount()).toBe(0);
  });
});
