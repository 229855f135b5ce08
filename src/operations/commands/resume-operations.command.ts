import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { OperationQueue } from '../../queue/operation-queue.js';
import { OperationRepository } from '../persistence/operation.repository.js';

/**
 * Gives a new job to every operation that nobody will run: unfinished, not touched or due since `idleSince`, and its job
 * gone from the queue. A second job for one operation does no harm: an operation answers to one job only.
 */
export class ResumeOperations extends Command<string[]> {
  constructor(readonly idleSince: Date) {
    super();
  }
}

@CommandHandler(ResumeOperations)
export class ResumeOperationsHandler implements ICommandHandler<ResumeOperations> {
  constructor(
    private readonly operations: OperationRepository,
    private readonly queue: OperationQueue,
  ) {}

  async execute({ idleSince }: ResumeOperations): Promise<string[]> {
    const resumed: string[] = [];
    for await (const idle of this.operations.idleSince(idleSince)) {
      const alive = await this.queue.alive([...new Set(idle.flatMap(({ jobId }) => jobId ?? []))]);
      const forgotten = idle.filter(({ jobId }) => !jobId || !alive.has(jobId));
      if (forgotten.length > 0) resumed.push(...(await this.operations.giveJob(forgotten)));
    }
    return resumed;
  }
}
