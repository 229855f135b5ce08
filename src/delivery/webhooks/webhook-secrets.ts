import { Injectable } from '@nestjs/common';
import { SealedSecrets } from '../../secrets/sealed-secrets.js';
import type { EndpointRef } from './webhook-endpoint.entity.js';

type SecretColumn = 'secret' | 'previous_secret';

/** The secrets of endpoints as they are stored: encrypted, where there is a key. */
@Injectable()
export class WebhookSecrets {
  constructor(private readonly secrets: SealedSecrets) {}

  seal(secret: string, column: SecretColumn, { id, tenant }: EndpointRef): string {
    return this.secrets.seal(secret, { table: 'webhook_endpoint', column, tenant, id });
  }

  /** @throws SecretUnreadable */
  open(stored: string, column: SecretColumn, { id, tenant }: EndpointRef): string {
    return this.secrets.open(stored, { table: 'webhook_endpoint', column, tenant, id });
  }
}
