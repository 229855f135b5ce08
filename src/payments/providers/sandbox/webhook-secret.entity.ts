import { Entity, PrimaryColumn } from 'typeorm';

/**
 * The sandbox signs its webhooks with it: random, made with the sandbox's tables, so that only the sandbox can sign.
 * One row.
 */
@Entity('webhook_secret', { schema: 'sandbox' })
export class WebhookSecretEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'webhook_secret_pk' })
  secret!: string;
}
