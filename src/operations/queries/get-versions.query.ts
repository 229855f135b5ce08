import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { InjectRepository } from '@nestjs/typeorm';
import { Any, type Repository } from 'typeorm';
import { isEnding } from '../domain/status.js';
import { OperationEntity } from '../persistence/operation.entity.js';

export interface OperationVersion {
  operationId: string;
  version: number;
  done: boolean;
}

/** At which version each of these operations is, and whether it has ended; those that do not exist are left out. */
export class GetVersions extends Query<OperationVersion[]> {
  constructor(readonly operationIds: readonly string[]) {
    super();
  }
}

@QueryHandler(GetVersions)
export class GetVersionsHandler implements IQueryHandler<GetVersions> {
  constructor(@InjectRepository(OperationEntity) private readonly operations: Repository<OperationEntity>) {}

  async execute({ operationIds }: GetVersions): Promise<OperationVersion[]> {
    const found = await this.operations.find({
      select: { id: true, version: true, status: true },
      where: { id: Any([...operationIds]) },
    });
    return found.map(({ id, version, status }) => ({ operationId: id, version, done: isEnding(status) }));
  }
}
