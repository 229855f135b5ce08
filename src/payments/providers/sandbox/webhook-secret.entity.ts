import { Entity, PrimaryColumn } from 'typeorm';

/**
 * What the sandbox signs its webhooks with: made at random where its tables are made, so that nobody else can sign one.
 * One row.
 */
@Entity('webhook_secret', { schema: 'sandbox' })
export class WebhookSecretEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'webhook_secret_pk' })
  secret!: string;
}
