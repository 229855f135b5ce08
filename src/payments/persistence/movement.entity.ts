import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

export const MOVEMENTS = ['capture', 'void', 'refund'] as const;
export type MovementType = (typeof MOVEMENTS)[number];

/**
 * A movement of a charge's money by one operation. It is reserved under a lock of the payment's row before the provider is called,
 * and counts for as long as its operation is unfinished, and for ever once it is done.
 */
@Entity('payment_movement')
@Index('payment_movement_of_charge', ['chargeOperationId'])
@Index('payment_movement_done', ['doneAt'], { type: 'brin' })
@Index('payment_movement_reference', ['reference'], { where: 'reference IS NOT NULL' })
export class MovementEntity {
  @PrimaryColumn('uuid', { name: 'operation_id', primaryKeyConstraintName: 'payment_movement_pk' })
  operationId!: string;

  @Column('uuid', { name: 'charge_operation_id' })
  chargeOperationId!: string;

  @Column('text')
  type!: MovementType;

  /** In the currency's minor unit. */
  @Column('bigint')
  amount!: number;

  /** The provider's name of the movement; null until an answer has told it. */
  @Column('text', { nullable: true })
  reference!: string | null;

  @Column('timestamptz', { name: 'reserved_at' })
  reservedAt!: Date;

  @Column('timestamptz', { name: 'done_at', nullable: true })
  doneAt!: Date | null;
}
