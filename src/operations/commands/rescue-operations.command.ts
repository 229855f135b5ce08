import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { KindRegister } from '../kinds/kind-register.js';
import { OperationReader } from '../persistence/operation.reader.js';
import { JobReassignment } from '../persistence/job-reassignment.js';

/**
 * Gives a new job to each orphaned operation: unfinished, neither changed nor due since `idleSince`, its job gone from
 * the queue. A second job does no harm: an operation belongs to one job only.
 */
export class RescueOperations extends Command<string[]> {
  constructor(readonly idleSince: Date) {
    super();
  }
}

@CommandHandler(RescueOperations)
export class RescueOperationsHandler implements ICommandHandler<RescueOperations> {
  constructor(
    private readonly jobs: JobReassignment,
    private readonly reader: OperationReader,
    private readonly kinds: KindRegister,
  ) {}

  async execute({ idleSince }: RescueOperations): Promise<string[]> {
    const resumed: string[] = [];
    for await (const orphaned of this.reader.orphanedSince(idleSince, this.kinds.lookingUp()))
      resumed.push(...(await this.jobs.rescue(orphaned)));
    return resumed;
  }
}
