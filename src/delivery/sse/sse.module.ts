import { Module } from '@nestjs/common';
import { OperationsModule } from '../../operations/operations.module.js';
import { OperationEventsController } from './operation-events.controller.js';

@Module({ imports: [OperationsModule], controllers: [OperationEventsController] })
export class SseModule {}
