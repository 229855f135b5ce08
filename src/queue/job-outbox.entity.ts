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

  /** A number; `low`, written by a former version, is 1. Null: 0. */
  @Column('text', { nullable: true })
  priority!: string | null;

  @Column('timestamptz', { name: 'added_at', default: () => 'now()' })
  addedAt!: Date;
}
