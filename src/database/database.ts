import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { CONFIG, type RunningConfig } from '../config/config.js';
import { StopsIn } from '../shutdown/shutdown.js';
import { openPool } from './connection.js';
import { poolOf } from './tenant-reads.js';
import { inTransaction, type Transaction } from './transaction.js';

/**
 * The two ways to commit, and the unit of work.
 *
 * `durable` waits for the disk, PostgreSQL's default: for everything that a provider call or an answer to a client
 * relies on. `relaxed` does not (`synchronous_commit = off`): for writes that a later durable commit covers.
 */
@Injectable()
@StopsIn('connections')
export class Database {
  readonly durable: pg.Pool;
  readonly relaxed: pg.Pool;

  constructor(
    @InjectDataSource() dataSource: DataSource,
    @Inject(CONFIG.database) { url, timeoutMs }: Pick<RunningConfig['database'], 'url' | 'timeoutMs'>,
  ) {
    this.durable = poolOf(dataSource);
    this.relaxed = openPool(url, { max: 5, synchronousCommit: 'off', timeoutMs, plans: 'by-index' });
  }

  /** Runs `work` in one durable transaction. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return inTransaction(this.durable, work);
  }

  async stop(): Promise<void> {
    await this.relaxed.end();
  }
}

/**
 * True if a row failed and not the statement: PostgreSQL refused a value or a constraint (SQLSTATE classes 22 and 23),
 * or broke a deadlock between two batches (40), where fewer rows will pass.
 */
export function blamesARow(error: unknown): boolean {
  return error instanceof pg.DatabaseError && /^(2[23]|40)/.test(error.code ?? '');
}
