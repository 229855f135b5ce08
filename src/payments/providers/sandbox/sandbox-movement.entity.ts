import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A capture, void, refund or dispute as the sandbox decided it, once under its key. */
@Entity('movement', { schema: 'sandbox' })
@Index('movement_of_charge', ['charge'])
export class SandboxMovementEntity {
  @PrimaryColumn('text', { name: 'idempotency_key', primaryKeyConstraintName: 'movement_pk' })
  idempotencyKey!: string;

  /** The sandbox's reference of the movement. */
  @Column('text')
  reference!: string;

  /** The sandbox's reference of the charge. */
  @Column('text')
  charge!: string;

  @Column('text')
  type!: 'capture' | 'void' | 'refund' | 'dispute';

  @Column('bigint')
  amount!: string;

  @Column('text', { name: 'decline_code', nullable: true })
  declineCode!: string | null;

  /** When it was reverted, as a dispute that was won. */
  @Column('timestamptz', { name: 'taken_back_at', nullable: true })
  takenBackAt!: Date | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
