import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A worker that is alive: what it has accepted and begun names this lease in place of a job. */
@Entity('worker_lease')
export class WorkerLeaseEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'worker_lease_pk' })
  id!: string;

  /** By the database's clock. The worker counts as lost afterwards. */
  @Index('worker_lease_by_held_until')
  @Column('timestamptz', { name: 'held_until' })
  heldUntil!: Date;
}
