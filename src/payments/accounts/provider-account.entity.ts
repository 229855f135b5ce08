import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * A tenant's own account at a payment provider. Its id is the name of a provider in receipts, in the ledger and in the
 * address of its webhooks, so that everything that the provider names is looked for within the account.
 */
@Entity('provider_account')
@Index('provider_account_in_use', ['tenant', 'provider'], { unique: true, where: 'disabled_at IS NULL' })
export class ProviderAccountEntity {
  /** Such as `stripe-3k9x…`: at random, since who knows it may send what is refused for its signature only. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'provider_account_pk' })
  id!: string;

  @Column('uuid')
  tenant!: string;

  /** As PAYMENT_PROVIDER names it. */
  @Column('text')
  provider!: string;

  /** For people. */
  @Column('text')
  name!: string;

  /** Encrypted: what the provider gave to the tenant. */
  @Column('text')
  credentials!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  /** Since then, nothing new is charged there; what has begun there ends there. */
  @Column('timestamptz', { name: 'disabled_at', nullable: true })
  disabledAt!: Date | null;
}
