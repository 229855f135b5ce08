import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import type { OperationRef } from '../domain/operation.js';
import { OperationReader } from '../persistence/operation.reader.js';
import { type OperationView, viewOf } from '../contract/operation-view.js';

/** The operation as it is now. @throws OperationNotFound */
export class GetOperation extends Query<OperationView> {
  constructor(readonly ref: OperationRef) {
    super();
  }
}

@QueryHandler(GetOperation)
export class GetOperationHandler implements IQueryHandler<GetOperation> {
  constructor(private readonly operations: OperationReader) {}

  async execute({ ref }: GetOperation): Promise<OperationView> {
    return viewOf(await this.operations.get(ref));
  }
}
