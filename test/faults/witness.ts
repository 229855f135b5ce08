import { setTimeout as wait } from 'node:timers/promises';
import { stringify } from 'safe-stable-stringify';
import { io } from 'socket.io-client';
import { withTimeout } from '../../src/time/with-timeout.js';
import type { OperationView, PastEventView } from '../../src/operations/contract/operation-view.js';
import { EventStreamClient } from '../support/event-stream-client.js';

const CONNECTION_LASTS_MS = 4000;
const POLLS_EACH_MS = 150;
/** The service answers or ends every call within this time, whatever the database does: its time limits are seconds. */
const ANSWERED_WITHIN_MS = 30_000;

const WAYS = ['polling', 'waiting', 'stream', 'socket'] as const;

type Occurrence = Pick<PastEventView, 'type' | 'occurredAt'> | undefined;

/** A client that follows one operation through all faults, and keeps what it received. */
export class Witness {
  readonly complaints: string[] = [];
  ending: string | undefined;
  /** The operation at each version, with its event if the transport shows it. */
  readonly received = new Map<number, string>();
  private last = 0;
  private readonly diary: string[] = [];

  private constructor(
    readonly way: (typeof WAYS)[number],
    readonly id: string,
  ) {}

  /** `address`: of a service, possibly another one each time. `done` resolves at the ending, or when let go. */
  static follow(id: string, address: () => string, letGo: AbortSignal): { witness: Witness; done: Promise<void> }[] {
    return WAYS.map((way) => {
      const witness = new Witness(way, id);
      return { witness, done: witness.follow(address, letGo) };
    });
  }

  /** The last answers it got, for the report of a failure. */
  get lastAnswers(): string {
    return this.diary.slice(-5).join('\n');
  }

  private async follow(address: () => string, letGo: AbortSignal): Promise<void> {
    while (!this.ending && !letGo.aborted) {
      const url = address();
      await this[this.way](url, letGo).catch((error: unknown) => this.note(`${url}: ${String(error)}`));
      await wait(POLLS_EACH_MS);
    }
  }

  private note(what: string): void {
    this.diary.push(`${new Date().toISOString()} ${what.slice(0, 400)}`);
  }

  private receive({ version, type, occurredAt, operation }: PastEventView): void {
    if (!this.received.has(version) && version !== this.last + 1)
      this.complaints.push(`version ${version} came after ${this.last}`);
    this.keep(operation, { type, occurredAt });
  }

  private keep(operation: PastEventView['operation'], event: Occurrence): void {
    const { version } = operation;
    const said = fingerprintOf(operation, event);
    const before = this.received.get(version);
    if (before !== undefined && before !== said)
      this.complaints.push(`version ${version} was ${before}, and became ${said}`);
    this.received.set(version, said);
    this.last = Math.max(this.last, version);
    if (operation.done) this.ending ??= operation.status;
  }

  private async polling(url: string, letGo: AbortSignal): Promise<void> {
    const { body } = await this.get(`${url}/api/operations/${this.id}/events?after=${this.last}`, letGo);
    for (const event of (body as { items?: PastEventView[] }).items ?? []) this.receive(event);
  }

  private async waiting(url: string, letGo: AbortSignal): Promise<void> {
    const headers = { Prefer: 'wait=3', ...(this.last > 0 && { 'If-None-Match': `"v${this.last}"` }) };
    const { status, body } = await this.get(`${url}/api/operations/${this.id}`, letGo, headers);
    if (status !== 200) return;
    const operation = body as OperationView;
    if (operation.version < this.last) this.complaints.push(`version ${operation.version} came after ${this.last}`);
    this.keep(operation, undefined);
  }

  private async get(
    url: string,
    letGo: AbortSignal,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: unknown }> {
    // A signal per request: fetch removes its listener late, so a shared signal would have thousands.
    const given = new AbortController();
    const giveUp = () => given.abort(letGo.reason);
    letGo.addEventListener('abort', giveUp);
    const answered = async () => {
      const response = await fetch(url, { headers, signal: given.signal });
      const text = await response.text();
      this.note(`${url}: ${response.status} ${text}`);
      return { status: response.status, body: JSON.parse(text || '{}') as unknown };
    };
    const unanswered = () =>
      new Unanswered(`${url} was neither answered nor broken off within ${ANSWERED_WITHIN_MS} ms`);
    try {
      return await withTimeout(ANSWERED_WITHIN_MS, answered(), unanswered);
    } catch (error) {
      if (error instanceof Unanswered && !letGo.aborted) this.complaints.push(error.message);
      throw error;
    } finally {
      letGo.removeEventListener('abort', giveUp);
      given.abort();
    }
  }

  private async stream(url: string): Promise<void> {
    const headers: Record<string, string> = this.last ? { 'Last-Event-ID': String(this.last) } : {};
    const gone = new AbortController();
    const timer = setTimeout(() => gone.abort(), CONNECTION_LASTS_MS);
    try {
      const onEvent = ({ data }: { data?: string }) => data && this.receive(JSON.parse(data) as PastEventView);
      const stream = await EventStreamClient.open(
        `${url}/api/operations/${this.id}/events`,
        headers,
        onEvent,
        gone.signal,
      );
      this.note(`${url}: ${stream.status}`);
      if (stream.status === 204)
        this.complaints.push(`after version ${this.last}, which was no ending, the stream ended`);
      await stream.ended;
    } finally {
      clearTimeout(timer);
    }
  }

  private async socket(url: string): Promise<void> {
    const socket = io(`${url}/operations`, { transports: ['websocket'], reconnection: false, forceNew: true });
    try {
      const early: PastEventView[] = [];
      let joined = false;
      socket.on('operation', (event: PastEventView) => (joined ? this.receive(event) : early.push(event)));
      const join = { operationId: this.id, afterVersion: this.last };
      const { events = [] } = (await socket.timeout(CONNECTION_LASTS_MS).emitWithAck('join', join)) as {
        events?: PastEventView[];
      };
      joined = true;
      const missed = early.filter(({ version }) => !events.some((known) => known.version === version));
      for (const event of [...events, ...missed]) this.receive(event);
      for (let left = CONNECTION_LASTS_MS; left > 0 && socket.connected && !this.ending; left -= 50) await wait(50);
    } finally {
      socket.close();
    }
  }
}

class Unanswered extends Error {}

/**
 * Equal text for equal content. A history has the metadata once, beside its events; the action's secret is shown only
 * while the customer must act.
 */
export function fingerprintOf({ nextAction, ...operation }: PastEventView['operation'], event: Occurrence): string {
  const comparable = {
    ...operation,
    metadata: undefined,
    nextAction: nextAction?.type === 'confirm' ? { type: 'confirm' } : nextAction,
  };
  return String(stringify({ operation: comparable, ...(event && { type: event.type, occurredAt: event.occurredAt }) }));
}
