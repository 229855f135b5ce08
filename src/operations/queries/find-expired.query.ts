import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, LessThanOrEqual, type Repository } from 'typeorm';
import { OperationEntity } from '../persistence/operation.entity.js';

const MOST = 500;

/** The ids of operations whose deadline has passed before they took effect. */
export class FindExpired extends Query<string[]> {
  constructor(readonly now: Date) {
    super();
  }
}

@QueryHandler(FindExpired)
export class FindExpiredHandler implements IQueryHandler<FindExpired> {
  constructor(@InjectRepository(OperationEntity) private readonly operations: Repository<OperationEntity>) {}

  async execute({ now }: FindExpired): Promise<string[]> {
    const found = await this.operations.find({
      select: { id: true },
      where: { expiresAt: LessThanOrEqual(now), finishedAt: IsNull(), status: In(['pending', 'requires_action']) },
      take: MOST,
    });
    return found.map(({ id }) => id);
  }
}
