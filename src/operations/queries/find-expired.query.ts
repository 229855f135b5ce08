import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, LessThanOrEqual, Not, In, type Repository } from 'typeorm';
import { KindRegister } from '../kinds/kind-register.js';
import { OperationEntity } from '../persistence/operation.entity.js';

const MOST = 500;

/**
 * The ids of operations whose deadline has passed before they took effect. It omits those that wait for the customer
 * and that a worker must first cancel at the provider.
 */
export class FindExpired extends Query<string[]> {
  constructor(readonly now: Date) {
    super();
  }
}

@QueryHandler(FindExpired)
export class FindExpiredHandler implements IQueryHandler<FindExpired> {
  constructor(
    @InjectRepository(OperationEntity) private readonly operations: Repository<OperationEntity>,
    private readonly kinds: KindRegister,
  ) {}

  async execute({ now }: FindExpired): Promise<string[]> {
    const passed = { expiresAt: LessThanOrEqual(now), finishedAt: IsNull() };
    const found = await this.operations.find({
      select: { id: true },
      where: [
        { ...passed, status: 'pending' },
        { ...passed, status: 'requires_action', kind: Not(In(this.kinds.canceling())) },
      ],
      take: MOST,
    });
    return found.map(({ id }) => id);
  }
}
