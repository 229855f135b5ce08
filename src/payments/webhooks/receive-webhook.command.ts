import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Database } from '../../database/database.js';
import type { IncomingWebhook, ProviderEvent } from '../providers/payment-provider.js';
import { PaymentProviders } from '../providers/payment-provider-register.js';
import { ProviderNotFound } from '../providers/provider-errors.js';
import { KEEP } from './provider-event.sql.js';
import { jobOf, ProviderEventQueue } from './provider-event-queue.js';

/** `stored`: new. `known`: sent before. `not_ours`: about nothing that moves our money. */
export type Receipt = 'stored' | 'known' | 'not_ours';

/**
 * Stores a provider's event once, together with its job. A worker handles it later, so that the provider gets its
 * answer at once.
 * @throws ProviderNotFound, WebhookRefused
 */
export class ReceiveWebhook extends Command<Receipt> {
  constructor(
    readonly provider: string,
    readonly webhook: IncomingWebhook,
  ) {
    super();
  }
}

@CommandHandler(ReceiveWebhook)
export class ReceiveWebhookHandler implements ICommandHandler<ReceiveWebhook> {
  constructor(
    private readonly providers: PaymentProviders,
    private readonly database: Database,
    private readonly queue: ProviderEventQueue,
  ) {}

  async execute({ provider: name, webhook }: ReceiveWebhook): Promise<Receipt> {
    const provider = await this.providers.find(name);
    if (!provider) throw ProviderNotFound.named(name, this.providers.names);
    const event = provider.readWebhook(webhook);
    if (event.operationId === null && event.reference === null) return 'not_ours';
    return (await this.keep(name, event)) ? 'stored' : 'known';
  }

  private keep(provider: string, { id, type, operationId, reference, occurredAt }: ProviderEvent): Promise<boolean> {
    return this.database.transaction(async (client) => {
      const { rowCount } = await client.query({
        ...KEEP,
        values: [provider, id, type, operationId, reference, occurredAt],
      });
      if (rowCount === 1) await this.queue.enqueue(client, [jobOf({ provider, eventId: id })]);
      return rowCount === 1;
    });
  }
}
