import { Module } from '@nestjs/common';
import { OperationProcessor } from './execution/operation.processor.js';
import { OrphanRescue } from './maintenance/orphan-rescue.task.js';
import { Rechecks } from './maintenance/rechecks.task.js';

/** What a process in the role `worker` runs. */
@Module({ providers: [OperationProcessor, OrphanRescue, Rechecks] })
export class WorkerModule {}
