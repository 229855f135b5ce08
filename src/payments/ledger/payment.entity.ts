import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * The money of one charge, as its provider reports it. The row is stored before the provider is called, so that the
 * provider is always known. Amounts are in the currency's minor unit.
 */
@Entity('payment')
@Index('payment_named_once', ['provider', 'reference'], { unique: true, where: 'reference IS NOT NULL' })
@Index('payment_reconcile', ['provider', 'reconcileAt'], { where: 'reconcile_at IS NOT NULL' })
export class PaymentEntity {
  @PrimaryColumn('uuid', { name: 'charge_operation_id', primaryKeyConstraintName: 'payment_pk' })
  chargeOperationId!: string;

  @Column('text')
  provider!: string;

  /** The account at the provider that it is sent to, and its mode; null if the provider had not told by then. */
  @Column('text', { nullable: true })
  account!: string | null;

  /** The provider's reference of the charge; null until an answer contains it. */
  @Column('text', { nullable: true })
  reference!: string | null;

  /** ISO 4217. */
  @Column('text')
  currency!: string;

  @Column('bigint')
  authorized!: number;

  @Column('bigint')
  captured!: number;

  @Column('bigint')
  refunded!: number;

  /** Lost to disputes. */
  @Column('bigint', { default: 0 })
  disputed!: number;

  @Column('timestamptz', { name: 'voided_at', nullable: true })
  voidedAt!: Date | null;

  /** When it was first sent to the provider. */
  @Column('timestamptz', { name: 'sent_at' })
  sentAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  /** When the charge is next reconciled without a webhook; null: never. */
  @Column('timestamptz', { name: 'reconcile_at', nullable: true })
  reconcileAt!: Date | null;
}
