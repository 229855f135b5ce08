import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AuditAction } from './audit-actions.js';

/** Who did what, for those who must answer for it. Rows are added and never changed: the database refuses it. */
@Entity('audit_event')
@Index('audit_event_by_tenant', ['tenant', 'id'])
export class AuditEventEntity {
  /** UUIDv7: in the order of time. */
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'audit_event_pk' })
  id!: string;

  @Column('uuid')
  tenant!: string;

  @Column('timestamptz')
  at!: Date;

  /** As in Caller.name. */
  @Column('text')
  actor!: string;

  @Column('text')
  action!: AuditAction;

  @Column('text')
  subject!: string;

  @Column('text', { name: 'request_id', nullable: true })
  requestId!: string | null;

  /** Without secrets. */
  @Column('jsonb')
  detail!: Record<string, unknown>;
}
