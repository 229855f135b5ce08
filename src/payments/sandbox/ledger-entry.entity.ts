import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What the sandbox, playing a remote party, knows of one charge. It stands in a schema of its own, as if elsewhere. */
@Entity('ledger_entry', { schema: 'sandbox' })
export class LedgerEntryEntity {
  @PrimaryColumn('text', { name: 'idempotency_key', primaryKeyConstraintName: 'ledger_entry_pk' })
  idempotencyKey!: string;

  /** The provider's own name of the charge. */
  @Column('text')
  reference!: string;

  @Column('bigint')
  amount!: string;

  @Column('text')
  currency!: string;

  @Column('text', { name: 'payment_method' })
  paymentMethod!: string;

  @Column('text')
  outcome!: 'charged' | 'declined' | 'busy';

  @Column('text', { name: 'decline_code', nullable: true })
  declineCode!: string | null;

  /** How many requests are turned away before it acts. */
  @Column('integer', { name: 'turns_away' })
  turnsAway!: number;

  /** How often the charge was asked for under this key. */
  @Column('integer')
  requests!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
