import { DomainError } from '../../errors/domain-error.js';

export class WebhookEndpointNotFound extends DomainError {
  readonly code = 'webhook_endpoint_not_found';

  static withId(id: string): WebhookEndpointNotFound {
    return new WebhookEndpointNotFound(
      `There is no webhook endpoint ${id}. Check the id, or list them with GET /api/webhook-endpoints.`,
    );
  }
}

export class WebhookDeliveryNotFound extends DomainError {
  readonly code = 'webhook_delivery_not_found';

  static withId(id: string, endpointId: string): WebhookDeliveryNotFound {
    return new WebhookDeliveryNotFound(
      `Webhook endpoint ${endpointId} has no delivery ${id}. List them with ` +
        `GET /api/webhook-endpoints/${endpointId}/deliveries; they are kept for 30 days.`,
    );
  }
}

export class WebhookEndpointExists extends DomainError {
  readonly code = 'webhook_endpoint_exists';

  static at(url: string): WebhookEndpointExists {
    return new WebhookEndpointExists(
      `A webhook endpoint with the URL ${url} exists already, and would receive each event twice. Change that one, ` +
        'or rotate its secret if the secret is lost.',
    );
  }
}

export class WebhookUrlRefused extends DomainError {
  readonly code = 'webhook_url_refused';

  static because(found: string): WebhookUrlRefused {
    return new WebhookUrlRefused(
      `Expected the URL of an endpoint on the Internet, such as https://shop.example/webhooks, found ${found}. ` +
        'WEBHOOK_ALLOW_PRIVATE=true allows http, ports and addresses inside a network.',
    );
  }
}
