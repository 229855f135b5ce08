import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Failure, Json, NextAction, Progress } from '../domain/operation-events.js';
import type { OperationRecord, ProposedResolution } from '../domain/operation.js';
import { STATUSES, type Status } from '../domain/operation-status.js';

const oneOf = (values: readonly string[]) => values.map((value) => `'${value}'`).join(', ');

/**
 * The operation as it is now. Its history is in operation_event. The statements of operation.sql.ts write what it says:
 * `update: false` is what a start fixes, all else may change with each step.
 */
@Entity('operation')
@Check('operation_status_known', `status IN (${oneOf(STATUSES)})`)
@Index('operation_idempotency_key', ['tenant', 'idempotencyKey'], {
  unique: true,
  where: 'idempotency_key IS NOT NULL',
})
@Index('operation_by_tenant', ['tenant', 'id'])
@Index('operation_by_kind', ['tenant', 'kind', 'id'])
// Nearly all end so, and are found among all.
@Index('operation_by_status', ['status', 'id'], { where: `status <> 'success'` })
// A BRIN index: small, and nearly free to write.
@Index('operation_finished', ['finishedAt'], { type: 'brin' })
@Index('operation_unconfirmed', ['unconfirmedSince'], { where: 'unconfirmed_since IS NOT NULL' })
@Index('operation_ended_otherwise', ['finishedAt'], { where: `status IN ('failed', 'canceled', 'expired')` })
@Index('operation_attention', ['attentionAt'], { where: 'attention_at IS NOT NULL' })
@Index('operation_next_attempt', ['nextAttemptAt'], { where: 'next_attempt_at IS NOT NULL' })
@Index('operation_deadline', ['expiresAt'], { where: `expires_at IS NOT NULL AND finished_at IS NULL` })
export class OperationEntity implements OperationRecord {
  @PrimaryColumn('uuid', { update: false, primaryKeyConstraintName: 'operation_pk' })
  id!: string;

  @Column({ type: 'uuid', update: false })
  tenant!: string;

  @Column({ type: 'text', update: false })
  kind!: string;

  @Column({ type: 'jsonb', update: false })
  input!: unknown;

  @Column({ type: 'jsonb', update: false })
  metadata!: Record<string, string>;

  @Column({ type: 'text', name: 'idempotency_key', nullable: true, update: false })
  idempotencyKey!: string | null;

  @Column({ type: 'text', name: 'request_hash', nullable: true, update: false })
  requestHash!: string | null;

  @Column({ type: 'text', name: 'request_id', nullable: true, update: false })
  requestId!: string | null;

  @Column('text')
  status!: Status;

  @Column('integer')
  version!: number;

  @Column('integer')
  fence!: number;

  @Column('integer')
  attempts!: number;

  @Column('integer', { name: 'look_ups' })
  lookUps!: number;

  @Column('text', { name: 'job_id', nullable: true })
  jobId!: string | null;

  @Column('jsonb', { nullable: true })
  progress!: Progress | null;

  @Column('jsonb', { name: 'next_action', nullable: true })
  nextAction!: NextAction | null;

  @Column('jsonb', { nullable: true })
  result!: Json | null;

  @Column('jsonb', { nullable: true })
  failure!: Failure | null;

  @Column({ type: 'timestamptz', name: 'cancel_requested_at', nullable: true, insert: false, update: false })
  cancelRequestedAt!: Date | null;

  @Column({ type: 'jsonb', name: 'proposed_resolution', nullable: true, insert: false, update: false })
  proposedResolution!: ProposedResolution | null;

  @Column('timestamptz', { name: 'next_attempt_at', nullable: true })
  nextAttemptAt!: Date | null;

  @Column('timestamptz', { name: 'attention_at', nullable: true })
  attentionAt!: Date | null;

  @Column('timestamptz', { name: 'unconfirmed_since', nullable: true })
  unconfirmedSince!: Date | null;

  @Column({ type: 'timestamptz', name: 'created_at', update: false })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'expires_at', nullable: true, update: false })
  expiresAt!: Date | null;

  @Column({ type: 'integer', name: 'watch_generation', default: 0, insert: false, update: false })
  watchGeneration!: number;

  @Column({ type: 'timestamptz', name: 'stripped_at', nullable: true, insert: false, update: false })
  strippedAt!: Date | null;
}
