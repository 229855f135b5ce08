import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * Events that are not yet distributed to the endpoints. A trigger on `operation_event` writes them, in the operation's
 * transaction; it is enabled with the first endpoint.
 */
@Entity('webhook_outbox')
export class WebhookOutboxEntity {
  /** Grows with each event of an operation, since a step begins after the commit of the one before. */
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'webhook_outbox_pk', generated: 'identity' })
  id!: number;

  @Column('uuid', { name: 'operation_id' })
  operationId!: string;

  @Column('integer')
  version!: number;

  @Column('text')
  type!: string;
}
