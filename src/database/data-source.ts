import type { DataSourceOptions, EntitySchema } from 'typeorm';
import { poolOptions } from './connection.js';
import { migrations } from './migrations/migrations.js';

export type Entities = readonly (EntitySchema | (new () => object))[];

/**
 * The description of the database shared by migrations, the TypeORM CLI and the application.
 * @param timeoutMs of each statement; absent for migrations, which have none.
 */
export function dataSourceOptions(url: string, entities: Entities, timeoutMs?: number, most = 10): DataSourceOptions {
  const pool = poolOptions(url, { max: most, ...(timeoutMs && { timeoutMs, plans: 'by-index' }) });
  const { connectionString, connectionTimeoutMillis, max, ...extra } = pool;
  return {
    type: 'postgres',
    url: connectionString,
    connectTimeoutMS: connectionTimeoutMillis,
    poolSize: max,
    extra,
    entities: [...entities],
    migrations,
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'each',
    synchronize: false,
  };
}
