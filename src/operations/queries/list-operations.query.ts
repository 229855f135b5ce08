import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { z } from 'zod';
import { Clock } from '../../clock/clock.js';
import { OperationReader } from '../persistence/operation.reader.js';
import type { listQuery } from '../contract/operation.contract.js';
import { type OperationView, viewOf } from '../contract/operation-view.js';

export type OperationFilter = Omit<z.output<typeof listQuery>, 'cursor'> & {
  tenant: string;
  /** The id after which the page begins. */
  after?: string | undefined;
};

export interface OperationPage {
  items: OperationView[];
  /** The id of the last item if more follow. */
  last: string | null;
}

/** In bytes of JSON: a page ends with the operation that exceeds it. */
const LARGEST_PAGE = 256 * 1024;

/**
 * A page of operations, newest first: `limit`, or fewer if they are large. Ids sort by time, so pages stay stable while
 * new operations are added.
 */
export class ListOperations extends Query<OperationPage> {
  constructor(readonly filter: OperationFilter) {
    super();
  }
}

@QueryHandler(ListOperations)
export class ListOperationsHandler implements IQueryHandler<ListOperations> {
  constructor(
    private readonly operations: OperationReader,
    private readonly clock: Clock,
  ) {}

  async execute({ filter: { attention, limit, ...filter } }: ListOperations): Promise<OperationPage> {
    const attentionBy = attention ? this.clock.now() : undefined;
    const found = await this.operations.list({ ...filter, attentionBy, most: limit + 1 });
    const items: OperationView[] = [];
    let bytes = 0;
    for (const record of found.slice(0, limit)) {
      const view = viewOf(record);
      items.push(view);
      bytes += Buffer.byteLength(JSON.stringify(view));
      if (bytes >= LARGEST_PAGE) break;
    }
    return { items, last: found.length > items.length ? (items.at(-1)?.id ?? null) : null };
  }
}
