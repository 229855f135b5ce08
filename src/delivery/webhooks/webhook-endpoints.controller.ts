import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { actorOf, AuditTrail } from '../../access/audit/audit-trail.js';
import { CalledBy } from '../../access/called-by.decorator.js';
import type { Caller } from '../../access/caller.js';
import { DocumentedBy } from '../../http/documented-by.decorator.js';
import { JsonBody } from '../../http/json-body.decorator.js';
import { WebhookDeliveries } from './webhook-deliveries.js';
import type { WebhookEndpointEntity } from './webhook-endpoint.entity.js';
import { endpointViewOf, WebhookEndpoints } from './webhook-endpoints.js';
import {
  changeBody,
  createBody,
  deliveriesQuery,
  deliveryId,
  endpointId,
  endpointsQuery,
  resendBody,
  type webhookEndpointWithSecret,
} from './webhook.contract.js';
import { Needs } from '../../access/needs.decorator.js';
import { pageOf } from '../../http/page.contract.js';
import { checkedBy } from '../../http/checked-by.js';

type WithSecret = z.output<typeof webhookEndpointWithSecret>;

@DocumentedBy(async () => (await import('./webhook-endpoints.documentation.js')).webhookEndpoints)
@Controller('api/webhook-endpoints')
export class WebhookEndpointsController {
  constructor(
    private readonly endpoints: WebhookEndpoints,
    private readonly deliveries: WebhookDeliveries,
    private readonly trail: AuditTrail,
  ) {}

  @Needs('webhooks:manage')
  @Post()
  async create(
    @JsonBody(createBody) body: z.output<typeof createBody>,
    @CalledBy() { tenant }: Caller,
    @Req() request: FastifyRequest,
  ): Promise<WithSecret> {
    return this.shown(await this.endpoints.create(tenant, body), request);
  }

  @Needs('webhooks:read')
  @Get()
  async list(@Query(checkedBy(endpointsQuery)) query: z.output<typeof endpointsQuery>, @CalledBy() { tenant }: Caller) {
    const { items, nextCursor } = pageOf(await this.endpoints.list(tenant, query), query.limit);
    return { items: items.map(endpointViewOf), nextCursor };
  }

  @Needs('webhooks:read')
  @Get(':id')
  async get(@Param('id', checkedBy(endpointId)) id: string, @CalledBy() { tenant }: Caller) {
    return endpointViewOf(await this.endpoints.get({ tenant, id }));
  }

  @Needs('webhooks:manage')
  @Patch(':id')
  async change(
    @Param('id', checkedBy(endpointId)) id: string,
    @CalledBy() { tenant }: Caller,
    @JsonBody(changeBody) body: z.output<typeof changeBody>,
  ) {
    return endpointViewOf(await this.endpoints.change({ tenant, id }, body));
  }

  @Needs('webhooks:manage')
  @Post(':id/rotate-secret')
  @HttpCode(200)
  async rotateSecret(
    @Param('id', checkedBy(endpointId)) id: string,
    @CalledBy() { tenant }: Caller,
    @Req() request: FastifyRequest,
  ): Promise<WithSecret> {
    return this.shown(await this.endpoints.rotateSecret({ tenant, id }), request);
  }

  @Needs('webhooks:manage')
  @Delete(':id')
  @HttpCode(204)
  delete(@Param('id', checkedBy(endpointId)) id: string, @CalledBy() { tenant }: Caller): Promise<void> {
    return this.endpoints.delete({ tenant, id });
  }

  @Needs('webhooks:manage')
  @Post(':id/test')
  @HttpCode(202)
  test(@Param('id', checkedBy(endpointId)) id: string, @CalledBy() { tenant }: Caller) {
    return this.deliveries.test({ tenant, id });
  }

  @Needs('webhooks:read')
  @Get(':id/deliveries')
  listDeliveries(
    @Param('id', checkedBy(endpointId)) id: string,
    @CalledBy() { tenant }: Caller,
    @Query(checkedBy(deliveriesQuery)) query: z.output<typeof deliveriesQuery>,
  ) {
    return this.deliveries.list({ tenant, id }, query);
  }

  @Needs('webhooks:manage')
  @Post(':id/deliveries/resend')
  @HttpCode(202)
  resendSince(
    @Param('id', checkedBy(endpointId)) id: string,
    @CalledBy() { tenant }: Caller,
    @JsonBody(resendBody) body: z.output<typeof resendBody>,
  ) {
    return this.deliveries.resendSince({ tenant, id }, body);
  }

  @Needs('webhooks:manage')
  @Post(':id/deliveries/:deliveryId/resend')
  @HttpCode(202)
  resend(
    @Param('id', checkedBy(endpointId)) id: string,
    @CalledBy() { tenant }: Caller,
    @Param('deliveryId', checkedBy(deliveryId)) delivery: string,
  ) {
    return this.deliveries.resend({ tenant, id }, delivery);
  }

  private async shown(endpoint: WebhookEndpointEntity, request: FastifyRequest): Promise<WithSecret> {
    const subject = `webhook endpoint ${endpoint.id}`;
    await this.trail.record(actorOf(request), { action: 'webhook_secret.shown', subject });
    return { ...endpointViewOf(endpoint), secret: this.endpoints.secretOf(endpoint) };
  }
}
