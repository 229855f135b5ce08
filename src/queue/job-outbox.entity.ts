import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A job that is committed and not known to be in Redis yet. Empty where the queue is in PostgreSQL. */
@Entity('job_outbox')
export class JobOutboxEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'job_outbox_pk' })
  queue!: string;

  @PrimaryColumn('text', { name: 'job_id', primaryKeyConstraintName: 'job_outbox_pk' })
  jobId!: string;

  @Column('jsonb')
  data!: unknown;

  /** Null: at once. */
  @Column('timestamptz', { name: 'run_at', nullable: true })
  runAt!: Date | null;

  @Column('text', { nullable: true })
  priority!: 'low' | null;

  @Column('timestamptz', { name: 'added_at', default: () => 'now()' })
  addedAt!: Date;
}
