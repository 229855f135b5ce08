import { DataSource, type DataSourceOptions } from 'typeorm';
import { poolOptions } from './src/database/connection.js';
import { OperationEntity } from './src/operations/persistence/operation.entity.js';
import { OperationEventEntity } from './src/operations/persistence/operation-event.entity.js';
import { MovementEntity } from './src/payments/persistence/movement.entity.js';
import { PaymentEntity } from './src/payments/persistence/payment.entity.js';
import { LedgerEntryEntity } from './src/payments/sandbox/ledger-entry.entity.js';
import { LedgerMovementEntity } from './src/payments/sandbox/ledger-movement.entity.js';
import { ProviderEventEntity } from './src/payments/webhooks/provider-event.entity.js';
import { migrations } from './src/database/migrations/migrations.js';

/** The one description of the database that migrations, the TypeORM CLI and the application share; the last of them has a time limit. */
export function dataSourceOptions(url: string, timeoutMs?: number): DataSourceOptions {
  const { connectionString, connectionTimeoutMillis, max, ...extra } = poolOptions(url, { max: 10, ...(timeoutMs && { timeoutMs }) });
  return {
    type: 'postgres',
    url: connectionString,
    connectTimeoutMS: connectionTimeoutMillis,
    poolSize: max,
    extra,
    entities: [
      OperationEntity,
      OperationEventEntity,
      PaymentEntity,
      MovementEntity,
      ProviderEventEntity,
      LedgerEntryEntity,
      LedgerMovementEntity,
    ],
    migrations,
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'each',
    synchronize: false,
  };
}

export default new DataSource(dataSourceOptions(process.env.DATABASE_URL ?? 'postgres://127.0.0.1/outcome'));
