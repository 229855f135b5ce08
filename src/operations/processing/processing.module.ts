import { type DynamicModule, Module } from '@nestjs/common';
import type { RunningConfig } from '../../config/config.js';
import { OperationProcessor, ProcessOperations } from './operation.processor.js';
import { Rechecks } from './rechecks.js';
import { OrphanRescue } from './orphan-rescue.js';

/** What a process does that plays the role `worker`. */
@Module({})
export class ProcessingModule {
  static for(config: RunningConfig): DynamicModule {
    ProcessOperations(config)(OperationProcessor);
    return { module: ProcessingModule, providers: [OperationProcessor, OrphanRescue, Rechecks] };
  }
}
