import { Controller, HttpCode, HttpStatus, Logger, Param, Post, Req } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { DocumentedBy } from '../../http/documented-by.decorator.js';
import { WebhookRefused } from '../providers/payment-provider.js';
import { ReceiveWebhook } from '../webhooks/receive-webhook.command.js';
import { NeedsNothing } from '../../access/needs.decorator.js';

/** An event contains its whole object, including the shop's data in it. */
const MIB = 1024 * 1024;

@DocumentedBy(async () => (await import('./payments.documentation.js')).webhooks)
@Controller('api/providers')
export class WebhooksController {
  private readonly logger = new Logger(WebhooksController.name);

  constructor(private readonly commands: CommandBus) {}

  @NeedsNothing('the provider signs it')
  @Post(':name/webhooks')
  @HttpCode(HttpStatus.OK)
  @RouteConfig({ bodyLimit: 1 * MIB })
  async receive(
    @Param('name') name: string,
    @Req() { body, headers }: FastifyRequest<{ Body?: Buffer }>,
  ): Promise<{ received: true }> {
    const webhook = {
      body: body ?? Buffer.alloc(0),
      headers: Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, String(value)])),
    };
    await this.commands.execute(new ReceiveWebhook(name, webhook)).catch((error: unknown) => {
      if (error instanceof WebhookRefused)
        this.logger.warn({ msg: 'a webhook was refused', provider: name, reason: error.message });
      throw error;
    });
    return { received: true };
  }
}
