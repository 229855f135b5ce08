import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { OperationRef } from '../../operations/domain/operation.js';
import { GetHistory } from '../../operations/queries/get-history.query.js';
import type { WebhookDeliveryEntity } from './webhook-delivery.entity.js';
import { messageOf, testMessageOf } from './webhook-message.js';

export type Identified = Pick<WebhookDeliveryEntity, 'endpointId' | 'operationId' | 'version' | 'createdAt'> &
  Pick<OperationRef, 'tenant'>;

/** The body of a delivery, the same whenever it is asked for, until its operation is stripped. */
@Injectable()
export class WebhookBodies {
  constructor(private readonly queries: QueryBus) {}

  async bodyOf({ tenant, operationId, version, endpointId, createdAt }: Identified): Promise<string> {
    if (!operationId) return testMessageOf(endpointId, createdAt);
    const { events } = await this.queries.execute(new GetHistory({ tenant, id: operationId }, version - 1, 1));
    const [event] = events;
    if (event?.version !== version)
      throw new Error(`Expected version ${version} in the history of operation ${operationId}, found none.`);
    return messageOf(event);
  }
}
