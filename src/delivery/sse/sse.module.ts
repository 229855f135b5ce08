import { Module } from '@nestjs/common';
import { OperationEventsController } from './operation-events.controller.js';

@Module({ controllers: [OperationEventsController] })
export class SseModule {}
