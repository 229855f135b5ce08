import { Module } from '@nestjs/common';
import { LogWhenOperationChanges } from './log-when-operation-changes.js';
import { CountWhenOperationChanges, Metrics } from './metrics.js';
import { MetricsController } from './metrics.controller.js';

@Module({
  controllers: [MetricsController],
  providers: [LogWhenOperationChanges, CountWhenOperationChanges, Metrics],
  exports: [Metrics],
})
export class ObservabilityModule {}
