import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { EventType, Json, StoredSnapshot } from '../domain/operation-events.js';

/** One step of an operation's life, written by the transaction of that step. Only retention changes it. */
@Entity('operation_event')
export class OperationEventEntity {
  @PrimaryColumn('uuid', { name: 'operation_id', primaryKeyConstraintName: 'operation_event_pk' })
  operationId!: string;

  @PrimaryColumn('integer', { primaryKeyConstraintName: 'operation_event_pk' })
  version!: number;

  @Column('text')
  type!: EventType;

  @Column('timestamptz', { name: 'occurred_at' })
  occurredAt!: Date;

  @Column('jsonb')
  snapshot!: StoredSnapshot;

  @Column('jsonb', { nullable: true })
  detail!: Json | null;
}
