import { asksForStream } from './accept-header.js';

describe('the Accept header asks for a stream', () => {
  test.each([
    'text/event-stream',
    'Text/Event-Stream',
    'text/event-stream; charset=utf-8',
    'text/html, text/event-stream;q=0.9',
    'text/event-stream, */*;q=0.1',
    'application/json, text/event-stream',
    'application/*;q=0.2,text/event-stream;q=0.3',
    'text/event-stream;q=0.001',
  ])('by %s', (accept) => {
    expect(asksForStream(accept)).toBe(true);
  });

  test.each([
    undefined,
    '',
    '*/*',
    'text/*',
    'application/json',
    'text/event-stream;q=0',
    'text/event-stream; Q=0.000, */*',
    'text/event-stream;q=0.5, application/json',
    'text/event-stream-like',
    'application/x;profile=text/event-stream',
  ])('not by %s', (accept) => {
    expect(asksForStream(accept)).toBe(false);
  });
});
