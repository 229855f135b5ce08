import { Entity, PrimaryColumn } from 'typeorm';

/** Signs the sandbox's webhooks: random, made with the sandbox's tables, so that only the sandbox can sign. One row. */
@Entity('webhook_secret', { schema: 'sandbox' })
export class WebhookSecretEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'webhook_secret_pk' })
  secret!: string;
}
