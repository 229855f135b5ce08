import { setTimeout as pause } from 'node:timers/promises';
import { SECONDS } from '../time/durations.js';
import { repeatedly } from '../time/repeatedly.js';
import { Connection, connectionOptions } from './connection.js';

const ANSWERS_WITHIN = 5 * SECONDS;
const PROBE_EVERY = 5 * SECONDS;
const RECONNECT_AFTER = 0.5 * SECONDS;

export interface Listening {
  /** Past a pooler: LISTEN lasts longer than a transaction. */
  url: string;
  channel: string;
  /** Each time that it begins to listen: what was sent before is lost. */
  onListening: (connection: Connection) => Promise<void> | void;
  onNotification: (payload: string, connection: Connection) => void;
  /** Only at the first failure in a row. */
  onBroken: (error: unknown) => void;
  /** Each time that it no longer listens. */
  onLost?: () => void;
}

/** Listens to a channel of PostgreSQL on one connection of its own, which comes back by itself. */
export class Listener {
  private readonly stopping = new AbortController();
  private listening: Promise<void> | undefined;

  constructor(private readonly options: Listening) {}

  start(): void {
    this.listening ??= this.keepListening();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.listening;
  }

  private async keepListening(): Promise<void> {
    const { signal } = this.stopping;
    let isBroken = false;
    const works = () => (isBroken = false);
    while (!signal.aborted)
      try {
        await this.listen(works);
      } catch (error) {
        if (!isBroken && !signal.aborted) this.options.onBroken(error);
        isBroken = true;
        await pause(RECONNECT_AFTER, undefined, { signal, ref: false }).catch(() => undefined);
      }
  }

  /** Until it is stopped. @throws when the connection is lost */
  private async listen(works: () => void): Promise<void> {
    const { url, channel, onListening, onNotification, onLost } = this.options;
    const choice = { timeoutMs: ANSWERS_WITHIN, synchronousCommit: 'off' } as const;
    const connection = new Connection(connectionOptions(url, choice));
    const over = new AbortController();
    const ended = new Promise<void>((resolve, reject) => {
      connection.once('error', reject);
      connection.once('end', () => reject(new Error('The database closed the connection that listens.')));
      this.stopping.signal.addEventListener('abort', () => resolve(), { signal: over.signal });
    });
    ended.catch(() => undefined);
    try {
      await connection.connect();
      connection.on('notification', ({ payload = '' }) => onNotification(payload, connection));
      await connection.query(`LISTEN ${channel}`);
      await onListening(connection);
      works();
      // Nothing else notices a connection that is silently dead.
      const probe = async () => {
        await connection.query('SELECT');
      };
      repeatedly(PROBE_EVERY, over.signal, probe, () => undefined);
      await ended;
    } finally {
      over.abort();
      onLost?.();
      void connection.end().catch(() => undefined);
    }
  }
}
