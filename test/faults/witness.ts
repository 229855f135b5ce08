import { setTimeout as wait } from 'node:timers/promises';
import { stringify } from 'safe-stable-stringify';
import { io } from 'socket.io-client';
import type { OperationEventView } from '../../src/operations/queries/operation-view.js';
import { EventStreamClient } from '../support/event-stream-client.js';

const CONNECTION_LASTS_MS = 4000;
const POLLS_EACH_MS = 150;

/** A client that follows one operation through whatever happens, and holds the service to what it has been told. */
export class Witness {
  readonly complaints: string[] = [];
  ending: string | undefined;
  /** Of polling, for who must find out why it was told nothing. */
  lastAnswer = '';
  private readonly told = new Map<number, string>();
  private last = 0;

  private constructor(
    readonly way: 'polling' | 'stream' | 'socket',
    readonly id: string,
  ) {}

  /** `address`: of a service, a different one each time perhaps. Each resolves when it has been told of the end, or is let go. */
  static follow(id: string, address: () => string, letGo: AbortSignal): { witness: Witness; done: Promise<void> }[] {
    return (['polling', 'stream', 'socket'] as const).map((way) => {
      const witness = new Witness(way, id);
      return { witness, done: witness.follow(address, letGo) };
    });
  }

  private async follow(address: () => string, letGo: AbortSignal): Promise<void> {
    while (!this.ending && !letGo.aborted) {
      await this[this.way](address()).catch(() => undefined);
      await wait(POLLS_EACH_MS);
    }
  }

  private hear({ version, type, occurredAt, operation }: OperationEventView): void {
    const said = String(stringify({ type, occurredAt, operation }));
    const before = this.told.get(version);
    if (before !== undefined && before !== said) this.complaints.push(`version ${version} was ${before}, and became ${said}`);
    if (before === undefined && version !== this.last + 1) this.complaints.push(`version ${version} came after ${this.last}`);
    this.told.set(version, said);
    this.last = Math.max(this.last, version);
    if (operation.done && !this.ending) this.ending = operation.status;
  }

  private async polling(url: string): Promise<void> {
    const page = `${url}/api/operations/${this.id}/events?after=${this.last}`;
    // A timer that is held: Node 20 forgets AbortSignal.timeout when it collects its garbage.
    const given = new AbortController();
    const timer = setTimeout(() => given.abort(), CONNECTION_LASTS_MS);
    try {
      const response = await fetch(page, { signal: given.signal });
      this.lastAnswer = `${response.status} ${await response.clone().text()}`;
      const { items } = (await response.json()) as { items?: OperationEventView[] };
      for (const event of items ?? []) this.hear(event);
    } finally {
      clearTimeout(timer);
    }
  }

  private async stream(url: string): Promise<void> {
    const headers: Record<string, string> = this.last ? { 'Last-Event-ID': String(this.last) } : {};
    const gone = AbortSignal.timeout(CONNECTION_LASTS_MS);
    const hear = ({ data }: { data?: string }) => data && this.hear(JSON.parse(data) as OperationEventView);
    const stream = await EventStreamClient.open(`${url}/api/operations/${this.id}/events`, headers, hear, gone);
    if (stream.status === 204) this.complaints.push(`after version ${this.last}, which was no ending, the stream had nothing more to tell`);
    await stream.ended;
  }

  private async socket(url: string): Promise<void> {
    const socket = io(`${url}/operations`, { transports: ['websocket'], reconnection: false, forceNew: true });
    try {
      const early: OperationEventView[] = [];
      let joined = false;
      socket.on('operation', (event: OperationEventView) => (joined ? this.hear(event) : early.push(event)));
      const join = { operationId: this.id, afterVersion: this.last };
      const { events = [] } = (await socket.timeout(CONNECTION_LASTS_MS).emitWithAck('join', join)) as { events?: OperationEventView[] };
      joined = true;
      for (const event of [...events, ...early.filter(({ version }) => !events.some((known) => known.version === version))])
        this.hear(event);
      for (let left = CONNECTION_LASTS_MS; left > 0 && socket.connected && !this.ending; left -= 50) await wait(50);
    } finally {
      socket.close();
    }
  }
}
