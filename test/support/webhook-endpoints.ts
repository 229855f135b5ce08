import type { z } from 'zod';
import { Clock } from '../../src/clock/clock.js';
import type {
  webhookDeliveryList,
  WebhookDeliveryView,
  webhookEndpointWithSecret,
} from '../../src/delivery/webhooks/webhook.contract.js';
import { WebhookWork } from '../../src/delivery/webhooks/webhook-work.js';
import { eventually, type Service } from './service.js';

export type WithSecret = z.output<typeof webhookEndpointWithSecret>;
type Deliveries = z.output<typeof webhookDeliveryList>;

const AT = '/api/webhook-endpoints';

/** Manages webhook endpoints as a person does, and holds the service's clock. */
export class WebhookEndpointsOf {
  private aheadMs = 0;

  constructor(private readonly service: Service) {}

  async create(given: { url: string } & Record<string, unknown>): Promise<WithSecret> {
    return (await this.service.post<WithSecret>(AT, given)).body;
  }

  async get(id: string): Promise<Omit<WithSecret, 'secret'>> {
    return (await this.service.get<WithSecret>(`${AT}/${id}`)).body;
  }

  async change(id: string, changes: object): Promise<void> {
    const headers = { 'Content-Type': 'application/json' };
    await this.service.request('PATCH', `${AT}/${id}`, { headers, body: JSON.stringify(changes) });
  }

  async rotate(id: string): Promise<WithSecret> {
    return (await this.service.post<WithSecret>(`${AT}/${id}/rotate-secret`, {})).body;
  }

  async resend(id: string, body: object): Promise<number> {
    return (await this.service.post<{ resent: number }>(`${AT}/${id}/deliveries/resend`, body)).body.resent;
  }

  async resendOne(id: string, deliveryId: string): Promise<WebhookDeliveryView> {
    return (await this.service.post<WebhookDeliveryView>(`${AT}/${id}/deliveries/${deliveryId}/resend`, {})).body;
  }

  async test(id: string): Promise<WebhookDeliveryView> {
    return (await this.service.post<WebhookDeliveryView>(`${AT}/${id}/test`, {})).body;
  }

  async needingAttention(): Promise<string[]> {
    const { body } = await this.service.get<{ items: { id: string }[] }>(`${AT}?attention=true`);
    return body.items.map(({ id }) => id);
  }

  async deliveries(id: string, query = ''): Promise<WebhookDeliveryView[]> {
    return (await this.service.get<Deliveries>(`${AT}/${id}/deliveries${query}`)).body.items;
  }

  async delivery(id: string, operationId: string, version: number): Promise<WebhookDeliveryView | undefined> {
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: string = cursor && `&cursor=${cursor}`;
      const { body } = await this.service.get<Deliveries>(`${AT}/${id}/deliveries?limit=50${query}`);
      const found = body.items.find((delivery) => delivery.operationId === operationId && delivery.version === version);
      if (found) return found;
      cursor = body.nextCursor;
    }
    return undefined;
  }

  /** The delivery, once it has been tried so often. */
  attempted(id: string, operationId: string, version: number, attempts: number): Promise<WebhookDeliveryView> {
    return eventually(async () => {
      const delivery = await this.delivery(id, operationId, version);
      return delivery && delivery.attempts.length >= attempts && delivery;
    });
  }

  async deleteAll(): Promise<void> {
    const { body } = await this.service.get<{ items: { id: string }[] }>(`${AT}?limit=50`);
    for (const { id } of body.items) await this.service.request('DELETE', `${AT}/${id}`);
  }

  /** The service's clock goes ahead by so much of the wall clock: what is due by then is due now. */
  goAhead(ms: number): void {
    this.aheadMs = ms;
    const { app } = this.service.outcome;
    Object.assign(app.get(Clock, { strict: false }), { now: () => new Date(Date.now() + this.aheadMs) });
    app.get(WebhookWork, { strict: false }).added.next();
  }

  /** Goes on to the next attempt of a delivery. */
  goOnTo({ nextAttemptAt }: WebhookDeliveryView): void {
    this.goAhead(Date.parse(nextAttemptAt ?? '') - Date.now() + 100);
  }
}
