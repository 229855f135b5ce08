import { Controller, HttpCode, HttpStatus, Param, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
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
  @DescribeWebhook()
  async receive(@Param('name') name: string, @Req() { body, headers }: FastifyRequest<{ Body?: Buffer }>): Promise<{ received: true }> {
    const webhook = {
      body: body ?? Buffer.alloc(0),
      headers: Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, String(value)])),
    };
    await this.commands.execute(new ReceiveWebhook(name, webhook)).catch((error: unknown) => {
      if (error instanceof WebhookRefused) throw new Problem('webhook_refused', error.message);
      throw error;
    });
    return { received: true };
  }
}
