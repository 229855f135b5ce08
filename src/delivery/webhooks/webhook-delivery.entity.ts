import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

export const DELIVERY_STATUSES = ['pending', 'delivered', 'given_up'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** One request to an endpoint, and what came back. Times are ISO 8601. */
export interface Attempt {
  at: string;
  url: string;
  durationMs: number;
  /** Null: no answer. */
  status: number | null;
  /** The first KB of the answer. */
  body: string;
  /** Why there was no success; null after one. */
  error: string | null;
}

/**
 * One event for one endpoint. The body is not stored: the event is in the operation's history.
 * Only pending rows are in the indexes that the dispatcher reads.
 */
@Entity('webhook_delivery')
@Index('webhook_delivery_due', ['endpointId', 'nextAttemptAt'], { where: `status = 'pending'` })
@Index('webhook_delivery_in_order', ['endpointId', 'operationId', 'version'], { where: `status = 'pending'` })
@Index('webhook_delivery_of_operation', ['operationId'], { where: 'operation_id IS NOT NULL' })
@Index('webhook_delivery_given_up', ['endpointId', 'id'], { where: `status = 'given_up'` })
export class WebhookDeliveryEntity {
  @PrimaryColumn('uuid', { name: 'endpoint_id', primaryKeyConstraintName: 'webhook_delivery_pk' })
  endpointId!: string;

  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'webhook_delivery_pk', generated: 'identity' })
  id!: number;

  /** Null for a test event. */
  @Column('uuid', { name: 'operation_id', nullable: true })
  operationId!: string | null;

  @Column('integer')
  version!: number;

  @Column('text')
  type!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('text')
  status!: DeliveryStatus;

  /** Failed attempts since it was created, or was sent again. */
  @Column('integer')
  failures!: number;

  @Column('timestamptz', { name: 'next_attempt_at' })
  nextAttemptAt!: Date;

  /** Until then, a process is sending it. */
  @Column('timestamptz', { name: 'claimed_until', nullable: true })
  claimedUntil!: Date | null;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;

  /** The latest ones, oldest first. */
  @Column('jsonb')
  attempts!: Attempt[];
}
