import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import pg from 'pg';
import { In, LessThan, QueryFailedError, type Repository } from 'typeorm';
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
import { EMPTY_OUTBOX, FILL, IS_FILLED } from './webhook.sql.js';
import { WebhookSecrets } from './webhook-secrets.js';
import { WebhookWork } from './webhook-work.js';

/** For so long after a rotation, both secrets sign. */
const OVERLAP = 1 * DAYS;

/** The endpoints as people manage them. Their deliveries are deleted later, by the retention. */
@Injectable()
export class WebhookEndpoints {
  constructor(
    @InjectRepository(WebhookEndpointEntity) private readonly endpoints: Repository<WebhookEndpointEntity>,
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
    const endpoint = this.endpoints.create({
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
    });
    // First, so that no endpoint exists whose events are not stored.
    const { rows } = await this.database.durable.query<{ isFilled: boolean }>(IS_FILLED);
    if (!rows[0]?.isFilled) await this.database.durable.query(FILL);
    await unlessTaken(given.url, this.endpoints.insert(endpoint));
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
      ...(events !== undefined && { eventTypes: events }),
      ...(kinds !== undefined && { kinds }),
      ...(enabled === true && { disabledAt: null, disabledReason: null, failingSince: null }),
      ...(enabled === false && {
        disabledAt: endpoint.disabledAt ?? this.clock.now(),
        disabledReason: 'by_request' as const,
      }),
    };
    if (Object.keys(changes).length > 0) await unlessTaken(url, this.endpoints.update(ref, changes));
    this.work.added.next();
    return this.get(ref);
  }

  secretOf(endpoint: WebhookEndpointEntity): string {
    return this.secrets.open(endpoint.secret, 'secret', endpoint);
  }

  /** The former secret signs as well for a day. @throws WebhookEndpointNotFound */
  async rotateSecret(ref: EndpointRef): Promise<WebhookEndpointEntity> {
    const former = this.secretOf(await this.get(ref));
    await this.endpoints.update(ref, {
      secret: this.secrets.seal(newSecret(), 'secret', ref),
      previousSecret: this.secrets.seal(former, 'previous_secret', ref),
      previousSecretUntil: this.clock.fromNow(OVERLAP),
    });
    return this.get(ref);
  }

  /** @throws WebhookEndpointNotFound */
  async delete(ref: EndpointRef): Promise<void> {
    const { affected } = await this.endpoints.delete(ref);
    if (affected === 0) throw WebhookEndpointNotFound.withId(ref.id);
    await this.database.durable.query(EMPTY_OUTBOX);
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
    const { driverError } = error as QueryFailedError;
    if (url && driverError instanceof pg.DatabaseError && driverError.constraint === 'webhook_endpoint_url')
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
