import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { AccessChanges } from '../../access/access-changes.js';
import { KeyStanding, type Reader } from '../../access/keys/key-standing.js';
import { CONFIG, type Config } from '../../config/config.js';
import { type HasMaintenanceTasks, Maintenance, type MaintenanceTask } from '../../maintenance/maintenance-task.js';
import { SECONDS } from '../../time/durations.js';
import { RecentOperations } from '../persistence/recent-operations.js';
import { OperationFeed } from './operation-feed.js';
import { OperationFollowers } from './operation-follower.js';

/** With the time for which a key is remembered, a lost notice delays an end by at most seven seconds. */
const EVERY_MS = 2 * SECONDS;

/**
 * Ends what is followed with an API key, or a token that it has made, once the key is revoked: at the notice, and
 * without one a few seconds later. Revoked tokens of a single operation it passes on to the feed.
 */
@Injectable()
@Maintenance()
export class RevokedReaders implements OnApplicationBootstrap, HasMaintenanceTasks {
  private readonly logger = new Logger(RevokedReaders.name);

  constructor(
    private readonly followers: OperationFollowers,
    private readonly feed: OperationFeed,
    private readonly recent: RecentOperations,
    private readonly standing: KeyStanding,
    private readonly changes: AccessChanges,
    @Inject(CONFIG.access) private readonly access: Pick<Config['access'], 'isOpen'>,
  ) {}

  onApplicationBootstrap(): void {
    this.changes.seen.subscribe((change) => {
      if ('operation' in change) {
        this.recent.forgetForever(change.operation);
        this.feed.deliver({ operationId: change.operation, version: 0, watchGeneration: change.generation });
      } else
        this.lookAfter((reader) =>
          'key' in change ? reader.madeBy?.key === change.key : reader.tenant === change.tenant,
        );
    });
    this.changes.missed.subscribe(() => this.lookAfter(() => true));
  }

  tasks(): MaintenanceTask[] {
    if (this.access.isOpen) return [];
    return [{ name: 'revoked-readers', everyMs: EVERY_MS, scope: 'node', run: () => this.look(() => true) }];
  }

  private lookAfter(isConcerned: (reader: Reader) => boolean): void {
    this.look(isConcerned).catch((err: unknown) =>
      this.logger.warn({ msg: 'it is not known who may go on following, and asked again in seconds', err }),
    );
  }

  private async look(isConcerned: (reader: Reader) => boolean): Promise<void> {
    for (const reader of this.followers.readers) {
      if (!reader.madeBy || !isConcerned(reader)) continue;
      const reason = await this.standing.whyLeave(reader);
      if (reason) this.followers.endOf(reader, reason);
    }
  }
}
