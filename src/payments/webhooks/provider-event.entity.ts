import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A provider's event, stored once however often it is sent, and without its object. */
@Entity('provider_event')
@Index('provider_event_received', ['receivedAt'])
export class ProviderEventEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'provider_event_pk' })
  provider!: string;

  /** The provider's id. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'provider_event_pk' })
  id!: string;

  /** The provider's name of the type. */
  @Column('text')
  type!: string;

  /** Our operation, if the event names it. */
  @Column('text', { name: 'operation_id', nullable: true })
  operationId!: string | null;

  /** The provider's reference of the charge or refund. */
  @Column('text', { nullable: true })
  reference!: string | null;

  @Column('timestamptz', { name: 'occurred_at' })
  occurredAt!: Date;

  @Column('timestamptz', { name: 'received_at' })
  receivedAt!: Date;

  /** Null while it waits: for its job, for an operation that a worker has claimed, or for an unknown reference. */
  @Column('timestamptz', { name: 'handled_at', nullable: true })
  handledAt!: Date | null;
}
