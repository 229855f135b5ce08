import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Subject } from 'rxjs';
import { z } from 'zod';
import { CONFIG, type Config, type RunningConfig } from '../config/config.js';
import { Listener } from '../database/listener.js';
import type { Transaction } from '../database/transaction.js';
import { StopsIn } from '../shutdown/shutdown.js';

const CHANNEL = 'outcome_access';

const accessChange = z.union([
  z.strictObject({ key: z.string() }),
  z.strictObject({ tenant: z.uuid() }),
  z.strictObject({ operation: z.uuid(), generation: z.int() }),
]);

/**
 * What was known of this API key, or of all that belongs to this tenant, may have ended; or the watch tokens of this
 * operation from before this generation have.
 */
export type AccessChange = z.output<typeof accessChange>;

/** Leaves with the commit of `tx`, to every process. */
export async function announce(tx: Pick<Transaction, 'query'>, change: AccessChange): Promise<void> {
  await tx.query('SELECT pg_notify($1, $2)', [CHANNEL, JSON.stringify(change)]);
}

/**
 * Tells every process that something was revoked, by LISTEN, also where Redis carries the feed: a revocation is
 * committed in PostgreSQL, and leaves with that commit. A notice may be lost, so who remembers something forgets it
 * after seconds anyway.
 */
@Injectable()
@StopsIn('connections')
export class AccessChanges implements OnApplicationBootstrap {
  private readonly logger = new Logger(AccessChanges.name);
  private readonly listener: Listener;
  readonly seen = new Subject<AccessChange>();
  /** It listens anew: any change may have been missed. */
  readonly missed = new Subject<void>();

  constructor(
    @Inject(CONFIG.database) { directUrl: url }: Pick<RunningConfig['database'], 'directUrl'>,
    @Inject(CONFIG.access) private readonly access: Pick<Config['access'], 'isOpen'>,
  ) {
    this.listener = new Listener({
      url,
      channel: CHANNEL,
      onListening: () => this.missed.next(),
      onNotification: (payload) => this.receive(payload),
      onBroken: (err) =>
        this.logger.warn({ msg: 'changes of keys are not received: a revocation arrives up to 5 s late', err }),
    });
  }

  onApplicationBootstrap(): void {
    if (!this.access.isOpen) this.listener.start();
  }

  stop(): Promise<void> {
    return this.listener.stop();
  }

  /** Every login of the database can write to the channel. */
  private receive(payload: string): void {
    try {
      this.seen.next(accessChange.parse(JSON.parse(payload)));
    } catch (err) {
      this.logger.warn({ msg: 'expected a change of access, found something else', payload, err });
    }
  }
}
