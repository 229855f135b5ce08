import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A shop of its own: what belongs to one tenant does not exist for another. The first one is ONLY_TENANT. */
@Entity('tenant')
@Index('tenant_name', ['name'], { unique: true })
export class TenantEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'tenant_pk' })
  id!: string;

  @Column('text')
  name!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  /** Tokens of the tenant that were issued before are revoked. */
  @Column('timestamptz', { name: 'tokens_valid_after', nullable: true })
  tokensValidAfter!: Date | null;
}
