import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { InjectRepository } from '@nestjs/typeorm';
import { In, LessThan, LessThanOrEqual, type Repository } from 'typeorm';
import type { Status } from '../domain/status.js';
import { OperationEntity } from '../persistence/operation.entity.js';
import { type OperationView, viewOf } from './operation-view.js';

export interface OperationFilter {
  status?: readonly Status[] | undefined;
  kind?: string | undefined;
  /** Only those that a person should look at. */
  attention?: boolean | undefined;
  /** The id after which the page begins. */
  after?: string | undefined;
  limit: number;
}

export interface OperationPage {
  items: OperationView[];
  /** The id of the last item, where more follow. */
  last: string | null;
}

/** A page of operations, newest first. Ids sort by time, so that pages stay put while new operations come in. */
export class ListOperations extends Query<OperationPage> {
  constructor(readonly filter: OperationFilter) {
    super();
  }
}

@QueryHandler(ListOperations)
export class ListOperationsHandler implements IQueryHandler<ListOperations> {
  constructor(@InjectRepository(OperationEntity) private readonly operations: Repository<OperationEntity>) {}

  async execute({ filter: { status, kind, attention, after, limit } }: ListOperations): Promise<OperationPage> {
    const found = await this.operations.find({
      where: {
        ...(status && { status: In([...status]) }),
        ...(kind && { kind }),
        ...(attention && { attentionAt: LessThanOrEqual(new Date()) }),
        ...(after && { id: LessThan(after) }),
      },
      order: { id: 'DESC' },
      take: limit + 1,
    });
    const items = found.slice(0, limit);
    return { items: items.map(viewOf), last: found.length > limit ? (items.at(-1)?.id ?? null) : null };
  }
}
