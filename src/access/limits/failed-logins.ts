import { Inject, Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { CONFIG, type Config } from '../../config/config.js';
import { Database } from '../../database/database.js';
import type { Statement } from '../../database/statement.js';
import { type HasMaintenanceTasks, Maintenance, type MaintenanceTask } from '../../maintenance/maintenance-task.js';
import { MINUTES, SECONDS } from '../../time/durations.js';
import { once } from '../../time/once.js';
import { CredentialsInvalid } from '../access-errors.js';
import { COUNT, FIND, FORGET_OLD } from './failed-login.sql.js';
import { RateLimited } from './limit-errors.js';

const WINDOW = 1 * MINUTES;
/** Many addresses may try one key. */
const PER_KEY = 10;
const MOST_ADDRESSES = 10_000;
/** Of an API key: public, and so in the database and the log. */
const KEY_ID = /^oc_(?:live|test)_([0-9a-z]{12})_/;

/** The service's statements in place of the package's, by the names and with the values that it gives them. */
const STATEMENTS: Readonly<Record<string, Statement>> = {
  'failed_login:rlflx-upsert': COUNT,
  'failed_login:rlflx-get': FIND,
};

interface Asked {
  name: string;
  values: unknown[];
}

type Counter = Pick<RateLimiterPostgres, 'consume' | 'get'>;

/**
 * Counts logins that failed, of each address and for each key, in all processes together. An address beyond its number
 * is refused for the rest of the minute, whatever it presents; a key beyond its number is refused to addresses that
 * have failed lately, so that strangers cannot lock out its holder. Only an address that has failed lately costs a
 * statement. Expired and revoked credentials were valid once, and are no guess: they do not count.
 */
@Injectable()
@Maintenance()
export class FailedLogins implements HasMaintenanceTasks {
  private readonly logger = new Logger(FailedLogins.name);
  private readonly most: number;
  /** Until when an address is refused, by performance.now(); 0 after fewer failures. */
  private recent: LRUCache<string, number> | undefined;
  private readonly counters = once(() => this.open());

  constructor(
    private readonly database: Database,
    @Inject(CONFIG.limits) { failedLogins }: Pick<Config['limits'], 'failedLogins'>,
  ) {
    this.most = failedLogins;
  }

  tasks(): MaintenanceTask[] {
    const task = { name: 'failed-logins', everyMs: 5 * MINUTES, scope: 'cluster' } as const;
    return this.most === 0 ? [] : [{ ...task, run: () => this.forgetOld() }];
  }

  /** @throws RateLimited, without a look at the credential; CredentialsInvalid and what else `verify` throws */
  async attempt<T>(address: string, credential: string, verify: () => Promise<T>): Promise<T> {
    if (this.most === 0) return verify();
    const keyId = KEY_ID.exec(credential)?.[1];
    if (this.recent?.has(address)) await this.refuseBeyond(address, keyId);
    try {
      return await verify();
    } catch (error) {
      if (error instanceof CredentialsInvalid && !error.isRevoked) await this.count(address, keyId);
      throw error;
    }
  }

  private async refuseBeyond(address: string, keyId: string | undefined): Promise<void> {
    const left = (this.recent?.get(address) ?? 0) - performance.now();
    if (left > 0) throw RateLimited.afterFailures(left);
    const { ofAddress, ofKey } = await this.counters();
    const [failed, failedForKey] = await Promise.all([ofAddress.get(address), keyId ? ofKey.get(keyId) : null]);
    if (failed && failed.consumedPoints >= this.most) {
      this.remember(address, failed);
      throw RateLimited.afterFailures(failed.msBeforeNext);
    }
    if (failedForKey && failedForKey.consumedPoints >= this.most * PER_KEY) {
      await this.count(address);
      throw RateLimited.afterFailures(failedForKey.msBeforeNext);
    }
  }

  /** @throws RateLimited for a failure beyond the number, which came at the same time or at another process */
  private async count(address: string, keyId?: string): Promise<void> {
    const { ofAddress, ofKey } = await this.counters();
    const [failed] = await Promise.all([counted(ofAddress, address), keyId && counted(ofKey, keyId)]);
    this.remember(address, failed);
    if (failed.consumedPoints > this.most) throw RateLimited.afterFailures(failed.msBeforeNext);
  }

  private remember(address: string, { consumedPoints, msBeforeNext }: RateLimiterRes): void {
    this.recent ??= new LRUCache({ max: MOST_ADDRESSES, ttl: WINDOW });
    this.recent.set(address, consumedPoints >= this.most ? performance.now() + msBeforeNext : 0);
  }

  private async forgetOld(): Promise<void> {
    await this.database.relaxed.query(FORGET_OLD);
  }

  /** Loads the package at the first failure. While the database is away, counts in memory. */
  private async open(): Promise<{ ofAddress: Counter; ofKey: Counter }> {
    const { RateLimiterMemory, RateLimiterPostgres } = await import('rate-limiter-flexible');
    const counter = (keyPrefix: string, points: number): Counter => {
      const size = { keyPrefix, points, duration: WINDOW / SECONDS };
      return new RateLimiterPostgres({
        ...size,
        storeClient: { query: (asked: Asked) => this.query(asked) },
        storeType: 'client',
        tableName: 'failed_login',
        tableCreated: true,
        clearExpiredByTimeout: false,
        insuranceLimiter: new RateLimiterMemory(size),
      });
    };
    return { ofAddress: counter('address', this.most), ofKey: counter('key', this.most * PER_KEY) };
  }

  private async query({ name, values }: Asked): Promise<unknown> {
    try {
      const statement = STATEMENTS[name];
      if (!statement) throw new Error(`Expected a statement of rate-limiter-flexible 11, found "${name}".`);
      return await this.database.relaxed.query({ ...statement, values });
    } catch (err) {
      this.logger.warn({ msg: 'failed logins are counted in this process alone for now', err });
      throw err;
    }
  }
}

/** The package rejects with the count when it is beyond the number. */
const counted = (counter: Counter, key: string): Promise<RateLimiterRes> =>
  counter.consume(key).catch((refused: unknown) => refused as RateLimiterRes);
