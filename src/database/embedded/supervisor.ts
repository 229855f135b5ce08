import { setTimeout as pause } from 'node:timers/promises';
import { asSentence, DiskFull, EmbeddedPostgresError } from './embedded-postgres-error.js';
import { own, type OwnedServer, release, unusable } from './owned-server.js';
import type { ServerSetup } from './server.js';
import { SECONDS } from '../../time/durations.js';

export type Warn = (line: { msg: string; err?: unknown }) => void;

const FIRST_PAUSE = 0.25 * SECONDS;
const LONGEST_PAUSE = 5 * SECONDS;

/** About thirteen seconds. A full disk does not count: the supervisor waits for space. */
const MOST_ATTEMPTS = 6;

/**
 * Watches a running server. When the server dies, the owner's connection ends: a server process crashed, from which
 * PostgreSQL recovers by itself, or the whole server was killed or gave up, as on a full disk. The supervisor finds it
 * or restarts it on the same port with the same settings, so that its clients reconnect.
 */
export class Supervisor {
  readonly failed: Promise<EmbeddedPostgresError>;
  private fail!: (error: EmbeddedPostgresError) => void;
  private stopping = false;
  private restoring: Promise<void> | undefined;

  constructor(
    private readonly setup: ServerSetup,
    private server: OwnedServer,
    private readonly warn: Warn,
  ) {
    this.failed = new Promise((resolve) => (this.fail = resolve));
    this.watch();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.restoring;
    await release(this.setup, this.server);
  }

  private watch(): void {
    void this.server.ownership.lost.then(() => {
      if (!this.stopping) this.restoring = this.restore().finally(() => (this.restoring = undefined));
    });
  }

  private async restore(): Promise<void> {
    this.warn({
      msg: 'the connection to the embedded PostgreSQL is lost: it is looked for, and started again where it has died',
    });
    let attempts = 0;
    for (let wait = FIRST_PAUSE; !this.stopping; wait = Math.min(2 * wait, LONGEST_PAUSE)) {
      await pause(wait, undefined, { ref: false });
      if (this.stopping) return;
      try {
        return this.resume(await own(this.setup));
      } catch (error) {
        const err = asSentence(error, this.setup.dataDir);
        this.warn({ msg: 'the embedded PostgreSQL is down', err });
        if (!(err instanceof DiskFull)) attempts += 1;
        if (attempts < MOST_ATTEMPTS) continue;
        return this.fail(err instanceof EmbeddedPostgresError ? err : unusable(this.setup.cluster, String(error)));
      }
    }
  }

  private resume(server: OwnedServer): void {
    const died = server.pid !== this.server.pid;
    this.warn({
      msg: died
        ? 'the embedded PostgreSQL had died, and was started again'
        : 'the embedded PostgreSQL had crashed, and has recovered',
    });
    this.server = server;
    this.watch();
  }
}
