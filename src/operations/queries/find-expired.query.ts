import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { KindRegister } from '../kinds/kind-register.js';
import { OperationReader } from '../persistence/operation.reader.js';

/**
 * Ids of operations past their deadline, except those that wait for the customer and that a worker must first cancel at
 * the provider.
 */
export class FindExpired extends Query<string[]> {
  constructor(readonly now: Date) {
    super();
  }
}

@QueryHandler(FindExpired)
export class FindExpiredHandler implements IQueryHandler<FindExpired> {
  constructor(
    private readonly operations: OperationReader,
    private readonly kinds: KindRegister,
  ) {}

  execute({ now }: FindExpired): Promise<string[]> {
    return this.operations.expired(now, this.kinds.canceling());
  }
}
