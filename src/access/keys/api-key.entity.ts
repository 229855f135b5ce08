import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { GrantedScope } from '../scopes.js';
import type { KeyMode } from './api-key.js';

/** What is known of an API key; the key itself is not. A row stays after the end of its key. */
@Entity('api_key')
@Index('api_key_by_tenant', ['tenant', 'createdAt', 'id'])
@Check('api_key_makes_no_keys', `NOT 'keys:manage' = ANY (scopes)`)
export class ApiKeyEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'api_key_pk' })
  id!: string;

  @Column('uuid')
  tenant!: string;

  /** SHA-256 of the whole key. */
  @Column('bytea')
  hash!: Buffer;

  @Column('text')
  mode!: KeyMode;

  @Column('text', { array: true })
  scopes!: GrantedScope[];

  /** Who answers for it. */
  @Column('text')
  owner!: string;

  @Column('text', { name: 'created_by' })
  createdBy!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;

  /** Up to a minute old. */
  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt!: Date | null;

  /** Tokens that the key has made before are revoked. */
  @Column('timestamptz', { name: 'tokens_valid_after', nullable: true })
  tokensValidAfter!: Date | null;
}
