import { Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { DocumentedBy } from '../../http/documented-by.decorator.js';
import { JsonBody } from '../../http/json-body.decorator.js';
import { WebhookDeliveries } from './webhook-deliveries.js';
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

type WithSecret = z.output<typeof webhookEndpointWithSecret>;

@DocumentedBy(async () => (await import('./webhook-endpoints.documentation.js')).webhookEndpoints)
@Controller('api/webhook-endpoints')
export class WebhookEndpointsController {
  constructor(
    private readonly endpoints: WebhookEndpoints,
    private readonly deliveries: WebhookDeliveries,
  ) {}

  @Needs('webhooks:manage')
  @Post()
  async create(@JsonBody(createBody) body: z.output<typeof createBody>): Promise<WithSecret> {
    const endpoint = await this.endpoints.create(body);
    return { ...endpointViewOf(endpoint), secret: endpoint.secret };
  }

  @Needs('webhooks:read')
  @Get()
  async list(@Query({ schema: endpointsQuery }) query: z.output<typeof endpointsQuery>) {
    const found = await this.endpoints.list(query);
    const items = found.slice(0, query.limit).map(endpointViewOf);
    return { items, nextCursor: found.length > query.limit ? (items.at(-1)?.id ?? null) : null };
  }

  @Needs('webhooks:read')
  @Get(':id')
  async get(@Param('id', { schema: endpointId }) id: string) {
    return endpointViewOf(await this.endpoints.get(id));
  }

  @Needs('webhooks:manage')
  @Patch(':id')
  async change(
    @Param('id', { schema: endpointId }) id: string,
    @JsonBody(changeBody) body: z.output<typeof changeBody>,
  ) {
    return endpointViewOf(await this.endpoints.change(id, body));
  }

  @Needs('webhooks:manage')
  @Post(':id/rotate-secret')
  @HttpCode(200)
  async rotateSecret(@Param('id', { schema: endpointId }) id: string): Promise<WithSecret> {
    const endpoint = await this.endpoints.rotateSecret(id);
    return { ...endpointViewOf(endpoint), secret: endpoint.secret };
  }

  @Needs('webhooks:manage')
  @Delete(':id')
  @HttpCode(204)
  delete(@Param('id', { schema: endpointId }) id: string): Promise<void> {
    return this.endpoints.delete(id);
  }

  @Needs('webhooks:manage')
  @Post(':id/test')
  @HttpCode(202)
  test(@Param('id', { schema: endpointId }) id: string) {
    return this.deliveries.test(id);
  }

  @Needs('webhooks:read')
  @Get(':id/deliveries')
  listDeliveries(
    @Param('id', { schema: endpointId }) id: string,
    @Query({ schema: deliveriesQuery }) query: z.output<typeof deliveriesQuery>,
  ) {
    return this.deliveries.list(id, query);
  }

  @Needs('webhooks:manage')
  @Post(':id/deliveries/resend')
  @HttpCode(202)
  resendSince(
    @Param('id', { schema: endpointId }) id: string,
    @JsonBody(resendBody) body: z.output<typeof resendBody>,
  ) {
    return this.deliveries.resendSince(id, body);
  }

  @Needs('webhooks:manage')
  @Post(':id/deliveries/:deliveryId/resend')
  @HttpCode(202)
  resend(
    @Param('id', { schema: endpointId }) id: string,
    @Param('deliveryId', { schema: deliveryId }) delivery: string,
  ) {
    return this.deliveries.resend(id, delivery);
  }
}
