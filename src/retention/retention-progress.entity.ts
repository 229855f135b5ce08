import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { RetentionAct } from './retention-due.entity.js';

/** How far the walk over all operations has come: every earlier one is done, or in `retention_due`. */
@Entity('retention_progress')
export class RetentionProgressEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'retention_progress_pk' })
  act!: RetentionAct;

  /** The last operation that it has passed. Ids sort by the time of the start. */
  @Column('uuid')
  after!: string;
}
