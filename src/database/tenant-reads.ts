import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type pg from 'pg';
import type { DataSource, EntityManager } from 'typeorm';

type PostgresDriver = { master: pg.Pool };

export const poolOf = ({ driver }: DataSource): pg.Pool => (driver as unknown as PostgresDriver).master;

/** Of any version. */
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The plan of a list depends on its filters: one by status may use an index of few statuses. */
const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL plan_cache_mode = auto';

/** The data source of the login that sees the rows of one tenant. */
export const READS = 'reads';

/**
 * What clients read. PostgreSQL shows a read the rows of its tenant and no others, whatever its statements say:
 * docs/decisions/row-level-security.md.
 */
@Injectable()
export class TenantReads {
  private readonly pool: pg.Pool;

  constructor(@InjectDataSource(READS) private readonly dataSource: DataSource) {
    this.pool = poolOf(dataSource);
  }

  /**
   * Runs one statement without a tenant: it sees what functions of the owner show of pairs of tenant and id, and no
   * other row.
   */
  async lookUp<Row extends pg.QueryResultRow>(statement: pg.QueryConfig): Promise<Row[]> {
    return (await this.pool.query<Row>(statement)).rows;
  }

  /**
   * Runs `read` in one snapshot of what belongs to the tenant. The setting ends with the transaction, so that no later
   * user of the connection has it. A connection whose state is unknown is closed.
   */
  async withTenant<T>(tenant: string, read: (manager: EntityManager) => Promise<T>): Promise<T> {
    // Part of the text: the protocol takes two statements in one message only without parameters.
    if (!UUID.test(tenant)) throw new Error(`Expected the UUID of a tenant, found "${tenant}".`);
    const runner = this.dataSource.createQueryRunner();
    const client = (await runner.connect()) as pg.PoolClient & Pick<pg.Client, 'end'>;
    try {
      await client.query(`${BEGIN}; SET LOCAL outcome.tenant = '${tenant}'`);
      const found = await read(runner.manager);
      await client.query('COMMIT');
      return found;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => client.end());
      throw error;
    } finally {
      await runner.release();
    }
  }
}
