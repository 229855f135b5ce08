import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { EventType } from '../../operations/domain/operation-events.js';

/** `by_request`: a person did. `gone`: it answered 410. `failing`: it failed for days. */
export const DISABLED_REASONS = ['by_request', 'gone', 'failing'] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

/** As its tenant names it. */
export type EndpointRef = Pick<WebhookEndpointEntity, 'id' | 'tenant'>;

/** Where a shop receives events. While it is disabled, its deliveries wait. */
@Entity('webhook_endpoint')
@Index('webhook_endpoint_url', ['tenant', 'url'], { unique: true })
export class WebhookEndpointEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'webhook_endpoint_pk' })
  id!: string;

  /** Whose events it receives. */
  @Column('uuid')
  tenant!: string;

  @Column('text')
  url!: string;

  @Column('text')
  description!: string;

  /** Null: all. */
  @Column('text', { name: 'event_types', array: true, nullable: true })
  eventTypes!: EventType[] | null;

  /** Null: all. */
  @Column('text', { array: true, nullable: true })
  kinds!: string[] | null;

  @Column('text')
  secret!: string;

  /** Signs too, until the time below. */
  @Column('text', { name: 'previous_secret', nullable: true })
  previousSecret!: string | null;

  @Column('timestamptz', { name: 'previous_secret_until', nullable: true })
  previousSecretUntil!: Date | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  /** The first failed attempt since the last successful one. */
  @Column('timestamptz', { name: 'failing_since', nullable: true })
  failingSince!: Date | null;

  @Column('timestamptz', { name: 'disabled_at', nullable: true })
  disabledAt!: Date | null;

  @Column('text', { name: 'disabled_reason', nullable: true })
  disabledReason!: DisabledReason | null;
}
