import { Controller, HttpCode, HttpStatus, Param, Post, type RawBodyRequest, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../../problems/problem.js';
import { WebhookRefused } from '../payment-provider.js';
import { ReceiveWebhook } from '../webhooks/receive-webhook.command.js';
import { DescribeWebhook } from './documentation.js';

@ApiTags('payments')
@Controller('api/providers')
export class WebhooksController {
  constructor(private readonly commands: CommandBus) {}

  @Post(':name/webhooks')
  @HttpCode(HttpStatus.OK)
  @RouteConfig({ rawBody: true })
  @DescribeWebhook()
  async receive(@Param('name') name: string, @Req() { rawBody, headers }: RawBodyRequest<FastifyRequest>): Promise<{ received: true }> {
    const webhook = {
      body: rawBody ?? Buffer.alloc(0),
      headers: Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, String(value)])),
    };
    await this.commands.execute(new ReceiveWebhook(name, webhook)).catch((error: unknown) => {
      if (error instanceof WebhookRefused) throw new Problem('webhook_refused', error.message);
      throw error;
    });
    return { received: true };
  }
}
