import { Injectable } from '@nestjs/common';
import { LessThan } from 'typeorm';
import type { z } from 'zod';
import { pageOf } from '../../http/page.contract.js';
import { Clock } from '../../clock/clock.js';
import { Database } from '../../database/database.js';
import { TenantReads } from '../../database/tenant-reads.js';
import { WebhookBodies } from './webhook-bodies.js';
import { WebhookDeliveryEntity } from './webhook-delivery.entity.js';
import type { EndpointRef } from './webhook-endpoint.entity.js';
import { WebhookEndpoints } from './webhook-endpoints.js';
import { WebhookDeliveryNotFound, WebhookEndpointNotFound } from './webhook-errors.js';
import { messageId, TEST_EVENT } from './webhook-message.js';
import type { deliveriesQuery, resendBody, WebhookDeliveryView } from './webhook.contract.js';
import { ADD_TEST, LAST_BEFORE, RESEND, RESEND_PAGE } from './webhook.sql.js';
import { WebhookWork } from './webhook-work.js';

type Delivery = Omit<WebhookDeliveryEntity, 'failures' | 'claimedUntil'>;

interface ResentPage {
  /** Null after the last page. */
  last: number | null;
  resent: number;
}

const RESENT_STATUSES = { given_up: ['given_up'], finished: ['given_up', 'delivered'] };

/** What was sent to an endpoint, and what people do with it. */
@Injectable()
export class WebhookDeliveries {
  constructor(
    private readonly reads: TenantReads,
    private readonly endpoints: WebhookEndpoints,
    private readonly bodies: WebhookBodies,
    private readonly database: Database,
    private readonly work: WebhookWork,
    private readonly clock: Clock,
  ) {}

  /** A page, newest first. @throws WebhookEndpointNotFound */
  async list(
    endpoint: EndpointRef,
    { status, cursor, limit }: z.output<typeof deliveriesQuery>,
  ): Promise<{ items: WebhookDeliveryView[]; nextCursor: string | null }> {
    await this.endpoints.get(endpoint);
    const { id: endpointId, tenant } = endpoint;
    const where = { endpointId, ...(status && { status }), ...(cursor && { id: LessThan(Number(cursor)) }) };
    const found = await this.reads.withTenant(tenant, (manager) =>
      manager.find(WebhookDeliveryEntity, { where, order: { id: 'DESC' }, take: limit + 1 }),
    );
    const { items, nextCursor } = pageOf(found, limit);
    return { items: await Promise.all(items.map((delivery) => this.viewOf(tenant, delivery))), nextCursor };
  }

  /** @throws WebhookEndpointNotFound, WebhookDeliveryNotFound */
  async resend(endpoint: EndpointRef, id: string): Promise<WebhookDeliveryView> {
    await this.endpoints.get(endpoint);
    const values = [endpoint.id, id, this.clock.now(), endpoint.tenant];
    const { rows } = await this.database.durable.query<Delivery>({ ...RESEND, values });
    if (!rows[0]) throw WebhookDeliveryNotFound.withId(id, endpoint.id);
    this.work.added.next();
    return this.viewOf(endpoint.tenant, rows[0]);
  }

  /** @throws WebhookEndpointNotFound */
  async resendSince(
    endpoint: EndpointRef,
    { since, status }: z.output<typeof resendBody>,
  ): Promise<{ resent: number }> {
    await this.endpoints.get(endpoint);
    const endpointId = endpoint.id;
    const { rows: before } = await this.database.durable.query<{ id: number }>({
      ...LAST_BEFORE,
      values: [endpointId, new Date(since), endpoint.tenant],
    });
    let resent = 0;
    let after: number | null = before[0]?.id ?? 0;
    while (after !== null) {
      const values = [endpointId, after, this.clock.now(), RESENT_STATUSES[status], endpoint.tenant];
      const page: ResentPage = await this.resendPage(values);
      after = page.last;
      resent += page.resent;
    }
    this.work.added.next();
    return { resent };
  }

  /** @throws WebhookEndpointNotFound */
  async test({ id, tenant }: EndpointRef): Promise<WebhookDeliveryView> {
    const values = [id, this.clock.now(), TEST_EVENT, tenant];
    const { rows } = await this.database.durable.query<Delivery>({ ...ADD_TEST, values });
    if (!rows[0]) throw WebhookEndpointNotFound.withId(id);
    this.work.added.next();
    return this.viewOf(tenant, rows[0]);
  }

  private async resendPage(values: unknown[]): Promise<ResentPage> {
    const { rows } = await this.database.durable.query<ResentPage>({ ...RESEND_PAGE, values });
    return rows[0] ?? { last: null, resent: 0 };
  }

  private async viewOf(tenant: string, delivery: Delivery): Promise<WebhookDeliveryView> {
    const { id, type, operationId, version, status, createdAt, finishedAt, nextAttemptAt, attempts } = delivery;
    return {
      id: String(id),
      webhookId: messageId(delivery),
      type,
      operationId,
      version,
      status,
      createdAt: createdAt.toISOString(),
      finishedAt: finishedAt?.toISOString() ?? null,
      nextAttemptAt: status === 'pending' ? nextAttemptAt.toISOString() : null,
      request: await this.bodies.bodyOf({ ...delivery, tenant }),
      attempts,
    };
  }
}
