import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Movements that an operation can make. */
export type MovementType = 'capture' | 'void' | 'refund';

/**
 * A movement of a charge's money, by one of our operations or at the provider without us. Ours is reserved, under a
 * lock of the payment's row, before the provider is called. It counts while its operation is unfinished, and always
 * once done.
 */
@Entity('payment_movement')
@Index('payment_movement_operation', ['operationId'], { unique: true })
@Index('payment_movement_of_charge', ['chargeOperationId'])
@Index('payment_movement_reference', ['provider', 'reference'], { where: 'reference IS NOT NULL' })
@Index('payment_movement_named_once', ['provider', 'type', 'reference'], {
  unique: true,
  where: 'reference IS NOT NULL AND done_at IS NOT NULL',
})
export class MovementEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'payment_movement_pk' })
  id!: string;

  /** Null: made at the provider, without us. */
  @Column('uuid', { name: 'operation_id', nullable: true })
  operationId!: string | null;

  @Column('uuid', { name: 'charge_operation_id' })
  chargeOperationId!: string;

  @Column('text')
  provider!: string;

  @Column('text')
  type!: MovementType | 'dispute';

  /** In the currency's minor unit. */
  @Column('bigint')
  amount!: number;

  /** The provider's reference of the movement; null until an answer contains it. */
  @Column('text', { nullable: true })
  reference!: string | null;

  @Column('timestamptz', { name: 'reserved_at' })
  reservedAt!: Date;

  /** Null: not moved yet, or reverted. */
  @Column('timestamptz', { name: 'done_at', nullable: true })
  doneAt!: Date | null;
}
