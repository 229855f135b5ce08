import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { WebhookMessage } from '../../src/delivery/webhooks/webhook.contract.js';

export interface ReceivedWebhook {
  headers: Record<string, string>;
  body: string;
  /** Unverified. */
  message: WebhookMessage;
}

type Answer = (webhook: ReceivedWebhook, response: ServerResponse) => void;

export const answering =
  (status: number, body = '', headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);

/** A shop's server, on a free port of loopback. */
export class WebhookReceiver {
  readonly received: ReceivedWebhook[] = [];
  /** How it answers from now on. */
  answer: Answer = answering(204);

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => void this.receive(request, response));
  }

  static async start(): Promise<WebhookReceiver> {
    const server = createServer();
    const receiver = new WebhookReceiver(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/webhooks`;
  }

  /** `version type` of each webhook of an operation, in the order of arrival. */
  eventsOf(operationId: string): string[] {
    return this.of(operationId).map(
      ({ message: { type, data } }) => `${(data as { version: number }).version} ${type}`,
    );
  }

  of(operationId: string): ReceivedWebhook[] {
    return this.received.filter(
      ({ message }) => 'operationId' in message.data && message.data.operationId === operationId,
    );
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const webhook = {
      headers: request.headers as Record<string, string>,
      body,
      message: JSON.parse(body) as WebhookMessage,
    };
    this.received.push(webhook);
    this.answer(webhook, response);
  }
}

/** As a shop verifies, with the package of Standard Webhooks. @throws if the signature is wrong */
export const verified = ({ body, headers }: ReceivedWebhook, secret: string): WebhookMessage =>
  new Webhook(secret).verify(body, headers) as WebhookMessage;
