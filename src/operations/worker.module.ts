import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { OperationProcessor, ProcessOperations } from './execution/operation.processor.js';
import { OrphanRescue } from './maintenance/orphan-rescue.task.js';
import { WorkerLeaseKeeper } from './persistence/worker-lease-keeper.task.js';
import { Rechecks } from './maintenance/rechecks.task.js';

/** What a process in the role `worker` runs. */
@Module({})
export class WorkerModule {
  static for(config: Config['worker']): DynamicModule {
    ProcessOperations(config)(OperationProcessor);
    return { module: WorkerModule, providers: [OperationProcessor, OrphanRescue, Rechecks, WorkerLeaseKeeper] };
  }
}
