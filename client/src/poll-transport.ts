import type { Operation } from './api.js';
import type { Channel, TransportName, Transport } from './channel.js';
import type { HeldConnections } from './held-connections.js';
import { type Http, retryAfterOf } from './http.js';
import { isHidden, type Connectivity } from './connectivity.js';

const SECONDS = 1000;
const NOT_SAID_MS = 2 * SECONDS;
const HIDDEN_MS = 30 * SECONDS;
/** Below the minute after which proxies commonly give up on a silent answer. */
const LONG_POLL_SECONDS = 25;

export const pathOf = (id: string) => `/api/operations/${encodeURIComponent(id)}`;

/**
 * Polls at the service's pace or, on a connection held for long polls, as soon as the last poll is answered; slower
 * while the page is hidden.
 */
export class PollTransport implements Transport {
  readonly isPush = false;

  constructor(
    readonly name: Extract<TransportName, 'wait' | 'poll'>,
    private readonly http: Http,
    private readonly network: Connectivity,
    private readonly connections: HeldConnections,
  ) {}

  /** One poll and the pause after it, so that the client can try a better transport in between. */
  async listen(channel: Channel, signal: AbortSignal): Promise<boolean> {
    const { version } = channel;
    const isWait = this.name === 'wait';
    const letGo = isWait && version ? await this.connections.take() : undefined;
    const headers = await look(this.http, channel, signal, letGo && LONG_POLL_SECONDS).finally(letGo);
    channel.receiveBy(this.name);
    const isLongPoll = isWait && (version ? headers.has('preference-applied') : channel.version);
    if (channel.isOver || isLongPoll) return true;
    const asked = (retryAfterOf(headers) ?? NOT_SAID_MS) * (1 + Math.random() / 5);
    await this.network.pause(isHidden() ? Math.max(asked, HIDDEN_MS) : asked, signal);
    return true;
  }
}

/** Reads the operation now or, with `wait`, once it has changed, within that many seconds. */
export async function look(http: Http, channel: Channel, signal: AbortSignal, wait?: number): Promise<Headers> {
  const { body, headers } = await http.once<Operation | undefined>(pathOf(channel.id), {
    headers: {
      'If-None-Match': `"v${channel.lastVersion}"`,
      ...(wait && { Prefer: `wait=${wait}` }),
    },
    signal,
    within: wait && (wait + 15) * SECONDS,
  });
  if (body) channel.receive(body);
  return headers;
}
