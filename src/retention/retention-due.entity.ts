import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** `strip` and `delete`: after the time that the settings give. `erase`: strip as soon as it has ended. */
export type RetentionAct = 'strip' | 'delete' | 'erase';

/** Operations that could not be stripped or deleted when their turn came, and those that were asked for by name. */
@Entity('retention_due')
@Index('retention_due_next', ['act', 'dueAt'])
export class RetentionDueEntity {
  @PrimaryColumn('uuid', { name: 'operation_id', primaryKeyConstraintName: 'retention_due_pk' })
  operationId!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'retention_due_pk' })
  act!: RetentionAct;

  /** When it is looked at again. */
  @Column('timestamptz', { name: 'due_at' })
  dueAt!: Date;
}
