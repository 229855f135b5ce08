import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** `waiting`: for the customer. `pending`: until `settlesAt`. `busy`: turned away so far. */
export const SANDBOX_OUTCOMES = ['charged', 'declined', 'busy', 'waiting', 'pending', 'canceled'] as const;
export type SandboxOutcome = (typeof SANDBOX_OUTCOMES)[number];

/** What the sandbox, playing a remote party, knows of one charge. It stands in a schema of its own, as if elsewhere. */
@Entity('charge', { schema: 'sandbox' })
@Index('charge_reference', ['reference'], { unique: true })
@Index('charge_token', ['token'], { unique: true, where: 'token IS NOT NULL' })
@Check('charge_moves_what_there_is', 'refunded <= captured AND captured <= amount')
export class SandboxChargeEntity {
  @PrimaryColumn('text', { name: 'idempotency_key', primaryKeyConstraintName: 'charge_pk' })
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
  outcome!: SandboxOutcome;

  @Column('text', { name: 'decline_code', nullable: true })
  declineCode!: string | null;

  /** How many requests are turned away before it acts. */
  @Column('integer', { name: 'turns_away' })
  turnsAway!: number;

  /** How often the charge was asked for under this key. */
  @Column('integer')
  requests!: number;

  /** False: what is charged is authorized only. */
  @Column('boolean', { default: true })
  captures!: boolean;

  @Column('bigint', { default: 0 })
  captured!: string;

  @Column('bigint', { default: 0 })
  refunded!: string;

  /** Taken back from us by disputes. */
  @Column('bigint', { default: 0 })
  disputed!: string;

  @Column('timestamptz', { name: 'voided_at', nullable: true })
  voidedAt!: Date | null;

  /** By which the customer's answer finds it. */
  @Column('text', { nullable: true })
  token!: string | null;

  /** Where the customer is sent back to. */
  @Column('text', { name: 'return_url', nullable: true })
  returnUrl!: string | null;

  /** When it is charged by itself. */
  @Column('timestamptz', { name: 'settles_at', nullable: true })
  settlesAt!: Date | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
