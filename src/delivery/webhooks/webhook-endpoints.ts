import { Inject, Injectable } from '@nestjs/common';
import pg from 'pg';
import { In, LessThan } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import { Clock } from '../../clock/clock.js';
import { CONFIG, type Config } from '../../config/config.js';
import { Database } from '../../database/database.js';
import { TenantReads } from '../../database/tenant-reads.js';
import { DAYS } from '../../time/durations.js';
import { isPrivate, literalAddress } from './private-addresses.js';
import { type EndpointRef, WebhookEndpointEntity } from './webhook-endpoint.entity.js';
import { WebhookEndpointExists, WebhookEndpointNotFound, WebhookUrlRefused } from './webhook-errors.js';
import { newSecret } from './webhook-message.js';
import type { changeBody, createBody, endpointsQuery, WebhookEndpointView } from './webhook.contract.js';
import { CHANGE_ENDPOINT, DELETE_ENDPOINT, EMPTY_OUTBOX, FILL, INSERT_ENDPOINT, IS_FILLED } from './webhook.sql.js';
import { WebhookSecrets } from './webhook-secrets.js';
import { WebhookWork } from './webhook-work.js';

/** For so long after a rotation, both secrets sign. */
const OVERLAP = 1 * DAYS;

/** The endpoints as people manage them. Their deliveries are deleted later, by the retention. */
@Injectable()
export class WebhookEndpoints {
  constructor(
    private readonly database: Database,
    private readonly reads: TenantReads,
    private readonly work: WebhookWork,
    private readonly secrets: WebhookSecrets,
    private readonly clock: Clock,
    @Inject(CONFIG.webhooks) private readonly config: Config['webhooks'],
  ) {}

  /** @throws WebhookUrlRefused, WebhookEndpointExists */
  async create(tenant: string, { events, ...given }: z.output<typeof createBody>): Promise<WebhookEndpointEntity> {
    this.expectAllowed(given.url);
    const id = uuidv7();
    const endpoint: WebhookEndpointEntity = {
      ...given,
      tenant,
      id,
      eventTypes: events,
      secret: this.secrets.seal(newSecret(), 'secret', { id, tenant }),
      previousSecret: null,
      previousSecretUntil: null,
      createdAt: this.clock.now(),
      failingSince: null,
      disabledAt: null,
      disabledReason: null,
    };
    // First, so that no endpoint exists whose events are not stored.
    const { rows } = await this.database.durable.query<{ isFilled: boolean }>(IS_FILLED);
    if (!rows[0]?.isFilled) await this.database.durable.query(FILL);
    const { url, description, eventTypes, kinds, secret, createdAt } = endpoint;
    const values = [id, tenant, url, description, eventTypes, kinds, secret, createdAt];
    await unlessTaken(url, this.database.durable.query({ ...INSERT_ENDPOINT, values }));
    this.work.added.next();
    return endpoint;
  }

  async list(
    tenant: string,
    { attention, cursor, limit }: z.output<typeof endpointsQuery>,
  ): Promise<WebhookEndpointEntity[]> {
    const where = {
      tenant,
      ...(cursor && { id: LessThan(cursor) }),
      ...(attention && { disabledReason: In(['gone', 'failing']) }),
    };
    return this.reads.withTenant(tenant, (manager) =>
      manager.find(WebhookEndpointEntity, { where, order: { id: 'DESC' }, take: limit + 1 }),
    );
  }

  /** @throws WebhookEndpointNotFound */
  async get({ id, tenant }: EndpointRef): Promise<WebhookEndpointEntity> {
    const endpoint = await this.reads.withTenant(tenant, (manager) =>
      manager.findOneBy(WebhookEndpointEntity, { id, tenant }),
    );
    if (!endpoint) throw WebhookEndpointNotFound.withId(id);
    return endpoint;
  }

  /** @throws WebhookEndpointNotFound, WebhookUrlRefused, WebhookEndpointExists */
  async change(ref: EndpointRef, given: z.output<typeof changeBody>): Promise<WebhookEndpointEntity> {
    const { url, description, events, kinds, enabled } = given;
    if (url !== undefined) this.expectAllowed(url);
    const endpoint = await this.get(ref);
    const changes = {
      ...(url !== undefined && { url }),
      ...(description !== undefined && { description }),
      ...(events !== undefined && { event_types: events }),
      ...(kinds !== undefined && { kinds }),
      ...(enabled === true && { disabled_at: null, disabled_reason: null, failing_since: null }),
      ...(enabled === false && {
        disabled_at: endpoint.disabledAt ?? this.clock.now(),
        disabled_reason: 'by_request' as const,
      }),
    };
    if (Object.keys(changes).length > 0) await unlessTaken(url, this.store(ref, changes));
    this.work.added.next();
    return this.get(ref);
  }

  secretOf(endpoint: WebhookEndpointEntity): string {
    return this.secrets.open(endpoint.secret, 'secret', endpoint);
  }

  /** The former secret signs as well for a day. @throws WebhookEndpointNotFound */
  async rotateSecret(ref: EndpointRef): Promise<WebhookEndpointEntity> {
    const former = this.secretOf(await this.get(ref));
    await this.store(ref, {
      secret: this.secrets.seal(newSecret(), 'secret', ref),
      previous_secret: this.secrets.seal(former, 'previous_secret', ref),
      previous_secret_until: this.clock.fromNow(OVERLAP),
    });
    return this.get(ref);
  }

  /** @throws WebhookEndpointNotFound */
  async delete(ref: EndpointRef): Promise<void> {
    const { rowCount } = await this.database.durable.query({ ...DELETE_ENDPOINT, values: [ref.tenant, ref.id] });
    if (rowCount === 0) throw WebhookEndpointNotFound.withId(ref.id);
    await this.database.durable.query(EMPTY_OUTBOX);
  }

  /** @param changes by the names of the columns */
  private async store({ id, tenant }: EndpointRef, changes: object): Promise<void> {
    await this.database.durable.query({ ...CHANGE_ENDPOINT, values: [tenant, id, JSON.stringify(changes)] });
  }

  private expectAllowed(text: string): void {
    const url = new URL(text);
    const { allowPrivate } = this.config;
    const protocols = allowPrivate ? ['https:', 'http:'] : ['https:'];
    if (!protocols.includes(url.protocol)) throw WebhookUrlRefused.because(`${url.protocol}//`);
    if (url.username || url.password) throw WebhookUrlRefused.because('credentials in it');
    if (url.hash) throw WebhookUrlRefused.because('a fragment in it');
    if (url.port && !allowPrivate) throw WebhookUrlRefused.because(`the port ${url.port}`);
    const address = literalAddress(url);
    if (address && isPrivate(address) && !allowPrivate) throw WebhookUrlRefused.because(`the address ${address}`);
  }
}

async function unlessTaken(url: string | undefined, write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (url && error instanceof pg.DatabaseError && error.constraint === 'webhook_endpoint_url')
      throw WebhookEndpointExists.at(url);
    throw error;
  }
}

export const endpointViewOf = (endpoint: WebhookEndpointEntity): WebhookEndpointView => ({
  id: endpoint.id,
  url: endpoint.url,
  description: endpoint.description,
  events: endpoint.eventTypes,
  kinds: endpoint.kinds,
  enabled: endpoint.disabledAt === null,
  disabledAt: endpoint.disabledAt?.toISOString() ?? null,
  disabledReason: endpoint.disabledReason,
  failingSince: endpoint.failingSince?.toISOString() ?? null,
  previousSecretUntil: endpoint.previousSecretUntil?.toISOString() ?? null,
  createdAt: endpoint.createdAt.toISOString(),
});
