import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A provider's event, stored once however often it is sent. Only its names are kept. */
@Entity('provider_event')
@Index('provider_event_received', ['receivedAt'])
export class ProviderEventEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'provider_event_pk' })
  provider!: string;

  /** The provider's. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'provider_event_pk' })
  id!: string;

  /** In the provider's words. */
  @Column('text')
  type!: string;

  /** Our operation, where the event names it. */
  @Column('text', { name: 'operation_id', nullable: true })
  operationId!: string | null;

  /** The provider's name of the charge or refund. */
  @Column('text', { nullable: true })
  reference!: string | null;

  @Column('timestamptz', { name: 'occurred_at' })
  occurredAt!: Date;

  @Column('timestamptz', { name: 'received_at' })
  receivedAt!: Date;

  /** Null while it waits: for its job, for an operation that a worker has claimed, or for a reference still unknown. */
  @Column('timestamptz', { name: 'handled_at', nullable: true })
  handledAt!: Date | null;
}
