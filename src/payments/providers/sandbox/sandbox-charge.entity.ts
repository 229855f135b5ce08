import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** `waiting`: for the customer. `pending`: until `settlesAt`. `busy`: refused so far. */
export const SANDBOX_OUTCOMES = ['charged', 'declined', 'busy', 'waiting', 'pending', 'canceled'] as const;
export type SandboxOutcome = (typeof SANDBOX_OUTCOMES)[number];

/** A charge as the sandbox, in the role of a remote party, knows it; in a schema of its own, as if elsewhere. */
@Entity('charge', { schema: 'sandbox' })
@Index('charge_reference', ['reference'], { unique: true })
@Index('charge_token', ['token'], { unique: true, where: 'token IS NOT NULL' })
@Check('charge_moves_what_there_is', 'refunded <= captured AND captured <= amount')
export class SandboxChargeEntity {
  @PrimaryColumn('text', { name: 'idempotency_key', primaryKeyConstraintName: 'charge_pk' })
  idempotencyKey!: string;

  /** The sandbox's reference of the charge. */
  @Column('text')
  reference!: string;

  @Column('bigint')
  amount!: string;

  @Column('text')
  currency!: string;

  @Column('text', { name: 'payment_method' })
  paymentMethod!: string;

  @Column('text')
  outcome!: SandboxOutcome;

  @Column('text', { name: 'decline_code', nullable: true })
  declineCode!: string | null;

  /** How many requests are refused before it acts. */
  @Column('integer', { name: 'turns_away' })
  turnsAway!: number;

  /** How many requests arrived under this key. */
  @Column('integer')
  requests!: number;

  /** False: the charge is only authorized. */
  @Column('boolean', { default: true })
  captures!: boolean;

  @Column('bigint', { default: 0 })
  captured!: string;

  @Column('bigint', { default: 0 })
  refunded!: string;

  /** Lost to disputes. */
  @Column('bigint', { default: 0 })
  disputed!: string;

  @Column('timestamptz', { name: 'voided_at', nullable: true })
  voidedAt!: Date | null;

  /** Identifies the charge on the customer's page. */
  @Column('text', { nullable: true })
  token!: string | null;

  /** Where the customer returns to. */
  @Column('text', { name: 'return_url', nullable: true })
  returnUrl!: string | null;

  /** When the sandbox charges it by itself. */
  @Column('timestamptz', { name: 'settles_at', nullable: true })
  settlesAt!: Date | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
