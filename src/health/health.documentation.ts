import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Documentation } from '../http/documented-by.decorator.js';
import type { HealthController } from './health.controller.js';
import { healthDocument } from './readiness.js';

export const health: Documentation<HealthController> = {
  controller: ApiTags('for the platform'),
  calls: {
    live: applyDecorators(
      ApiOperation({ operationId: 'live', summary: 'Whether the process answers' }),
      ApiResponse({ status: 200, description: 'It does.', standardSchema: healthDocument }),
    ),
    ready: applyDecorators(
      ApiOperation({
        operationId: 'ready',
        summary: 'Whether it can do its work',
        description:
          'The database takes a write; its tables are up to date; the queue answers. The latter two are ' +
          'looked at only where the first holds. A queue on Redis that does not answer is named, and the answer ' +
          'stays 200: operations are accepted, and run once it is back.',
      }),
      ApiResponse({ status: 200, description: 'It can.', standardSchema: healthDocument }),
      ApiResponse({ status: 503, description: 'It cannot; `checks` says why.', standardSchema: healthDocument }),
    ),
  },
};
