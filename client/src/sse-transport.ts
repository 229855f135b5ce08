import type { OperationEvent } from './api.js';
import type { Channel, Transport } from './channel.js';
import type { HeldConnections } from './held-connections.js';
import { type Http, errorOf } from './http.js';
import { TimeLimit } from './time-limit.js';
import { backoff } from './connectivity.js';
import { pathOf } from './poll-transport.js';

const SECONDS = 1000;
const FIRST_BYTES_WITHIN_MS = 5 * SECONDS;
/** The service sends a comment every 15 seconds. */
const SILENCE_MS = 40 * SECONDS;

/**
 * Server-sent events by `fetch`: the token goes in a header, and the client detects a stream that a proxy holds back.
 */
export class SseTransport implements Transport {
  readonly name = 'sse';
  readonly isPush = true;
  private failures = 0;
  private notBefore = 0;

  constructor(
    private readonly http: Http,
    private readonly connections: HeldConnections,
  ) {}

  async listen(channel: Channel, signal: AbortSignal): Promise<boolean> {
    if (performance.now() < this.notBefore) return false;
    const letGo = await this.connections.take();
    if (!letGo) return false;
    try {
      return await this.stream(channel, signal);
    } finally {
      letGo();
    }
  }

  private async stream(channel: Channel, signal: AbortSignal): Promise<boolean> {
    const silence = new TimeLimit(FIRST_BYTES_WITHIN_MS);
    let received = false;
    try {
      const either = AbortSignal.any([signal, silence.signal]);
      const path = `${pathOf(channel.id)}/events?after=${channel.frontier}`;
      const response = await this.http.send(path, { headers: { Accept: 'text/event-stream' }, signal: either });
      if (!response.ok) throw errorOf(response, await response.text().catch(() => ''));
      if (!response.body || !response.headers.get('content-type')?.includes('text/event-stream')) return false;
      for await (const data of dataOf(response.body, either, () => silence.set(SILENCE_MS))) {
        if (!received) channel.receiveBy('sse');
        received = true;
        const { operation } = JSON.parse(data ?? '{}') as Partial<OperationEvent>;
        // Without one, it says that the credentials have ended: the next stream begins with others.
        if (operation) channel.receive(operation);
      }
      return received;
    } catch (error) {
      if (received && !signal.aborted) return true;
      throw error;
    } finally {
      silence.end();
      this.failures = received ? 0 : this.failures + 1;
      if (!signal.aborted && !channel.isOver) this.notBefore = performance.now() + backoff(this.failures);
    }
  }
}

/**
 * The data of each event of a stream (html.spec.whatwg.org/multipage/server-sent-events.html); undefined for a comment.
 */
async function* dataOf(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  onBytes: () => void,
): AsyncGenerator<string | undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  // If aborted as the last bytes arrive, Node's fetch leaves the next read pending for ever.
  const cancel = () => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', cancel);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      const blocks = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const lines = block.split(/\r?\n/).filter((line) => line.startsWith('data:'));
        yield lines[0] && lines.map((line) => line.slice(5).replace(/^ /, '')).join('\n');
      }
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}
