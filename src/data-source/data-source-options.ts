import type { DataSourceOptions } from 'typeorm';
import { poolOptions } from '../database/connection.js';
import { OperationEntity } from '../operations/persistence/operation.entity.js';
import { OperationEventEntity } from '../operations/persistence/operation-event.entity.js';
import { MovementEntity } from '../payments/ledger/movement.entity.js';
import { PaymentEntity } from '../payments/ledger/payment.entity.js';
import { SandboxChargeEntity } from '../payments/providers/sandbox/sandbox-charge.entity.js';
import { SandboxMovementEntity } from '../payments/providers/sandbox/sandbox-movement.entity.js';
import { WebhookSecretEntity } from '../payments/providers/sandbox/webhook-secret.entity.js';
import { ProviderEventEntity } from '../payments/webhooks/provider-event.entity.js';
import { migrations } from '../database/migrations/migrations.js';

/**
 * The one description of the database that migrations, the TypeORM CLI and the application share; the last of them has
 * a time limit.
 */
export function dataSourceOptions(url: string, timeoutMs?: number): DataSourceOptions {
  const { connectionString, connectionTimeoutMillis, max, ...extra } = poolOptions(url, {
    max: 10,
    ...(timeoutMs && { timeoutMs }),
  });
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
      SandboxChargeEntity,
      SandboxMovementEntity,
      WebhookSecretEntity,
    ],
    migrations,
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'each',
    synchronize: false,
  };
}
