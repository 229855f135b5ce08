import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { isEnding } from '../domain/operation-status.js';
import { OperationReader } from '../persistence/operation.reader.js';
import { RecentOperations } from '../persistence/recent-operations.js';

export interface OperationVersion {
  operationId: string;
  version: number;
  done: boolean;
  watchGeneration: number;
}

/** The version of each operation and whether it has ended; unknown ids are left out. */
export class GetVersions extends Query<OperationVersion[]> {
  constructor(readonly operationIds: readonly string[]) {
    super();
  }
}

@QueryHandler(GetVersions)
export class GetVersionsHandler implements IQueryHandler<GetVersions> {
  constructor(
    private readonly operations: OperationReader,
    private readonly recent: RecentOperations,
  ) {}

  async execute({ operationIds }: GetVersions): Promise<OperationVersion[]> {
    const found = await this.operations.versions(operationIds);
    for (const { id, watchGeneration } of found) if (watchGeneration > 0) this.recent.forgetForever(id);
    return found.map(({ id, version, status, watchGeneration }) => ({
      operationId: id,
      version,
      done: isEnding(status),
      watchGeneration,
    }));
  }
}
