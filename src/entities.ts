import { AuditEventEntity } from './access/audit/audit-event.entity.js';
import { ApiKeyEntity } from './access/keys/api-key.entity.js';
import { FailedLoginEntity } from './access/limits/failed-login.entity.js';
import { TenantEntity } from './access/tenants/tenant.entity.js';
import { WebhookDeliveryEntity } from './delivery/webhooks/webhook-delivery.entity.js';
import { WebhookEndpointEntity } from './delivery/webhooks/webhook-endpoint.entity.js';
import { WebhookOutboxEntity } from './delivery/webhooks/webhook-outbox.entity.js';
import { OperationEntity } from './operations/persistence/operation.entity.js';
import { OperationEventEntity } from './operations/persistence/operation-event.entity.js';
import { WorkerLeaseEntity } from './operations/persistence/worker-lease.entity.js';
import { ProviderAccountEntity } from './payments/accounts/provider-account.entity.js';
import { MovementEntity } from './payments/ledger/movement.entity.js';
import { PaymentEntity } from './payments/ledger/payment.entity.js';
import { SandboxChargeEntity } from './payments/providers/sandbox/sandbox-charge.entity.js';
import { SandboxMovementEntity } from './payments/providers/sandbox/sandbox-movement.entity.js';
import { WebhookSecretEntity } from './payments/providers/sandbox/webhook-secret.entity.js';
import { ProviderEventEntity } from './payments/webhooks/provider-event.entity.js';
import { RetentionDueEntity } from './retention/retention-due.entity.js';
import { RetentionProgressEntity } from './retention/retention-progress.entity.js';
import { JobOutboxEntity } from './queue/job-outbox.entity.js';

/** All tables of the service, for the application and the TypeORM CLI. */
export const ENTITIES = [
  FailedLoginEntity,
  OperationEntity,
  OperationEventEntity,
  WorkerLeaseEntity,
  JobOutboxEntity,
  PaymentEntity,
  MovementEntity,
  ProviderEventEntity,
  ProviderAccountEntity,
  SandboxChargeEntity,
  SandboxMovementEntity,
  WebhookSecretEntity,
  WebhookEndpointEntity,
  WebhookDeliveryEntity,
  WebhookOutboxEntity,
  TenantEntity,
  ApiKeyEntity,
  AuditEventEntity,
  RetentionDueEntity,
  RetentionProgressEntity,
] as const;
