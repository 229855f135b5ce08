import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A live worker. Operations that it accepted and runs name this lease in place of a job. */
@Entity('worker_lease')
export class WorkerLeaseEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'worker_lease_pk' })
  id!: string;

  /** By the database's clock. After it, the worker counts as lost. */
  @Index('worker_lease_by_held_until')
  @Column('timestamptz', { name: 'held_until' })
  heldUntil!: Date;
}
