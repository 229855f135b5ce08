import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Documentation } from '../http/documented-by.decorator.js';
import type { MetricsController } from './metrics.controller.js';

export const metrics: Documentation<MetricsController> = {
  controller: ApiTags('for the platform'),
  calls: {
    scrape: applyDecorators(
      ApiOperation({ operationId: 'metrics', summary: 'Metrics in the Prometheus text format' }),
      ApiProduces('text/plain'),
      ApiResponse({
        status: 200,
        description:
          'Counters, durations, queue depth and the process. What is read from the database or the queue is left out ' +
          'while that is away.',
        content: { 'text/plain': { schema: { type: 'string' } } },
      }),
    ),
  },
};
