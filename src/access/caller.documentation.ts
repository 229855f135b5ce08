import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Documentation } from '../http/documented-by.decorator.js';
import { ApiProblems } from '../problems/problem.documentation.js';
import { callerView } from './caller.contract.js';
import type { CallerController } from './caller.controller.js';

export const callerDocumentation: Documentation<CallerController> = {
  controller: ApiTags('access'),
  calls: {
    get: applyDecorators(
      ApiOperation({
        operationId: 'getCaller',
        summary: 'Who I am here, and what I may do',
        description: 'For a page that asks for credentials where the service does.',
      }),
      ApiResponse({ status: 200, description: 'The caller.', standardSchema: callerView }),
      ApiProblems('credentials_invalid', 'credentials_expired'),
    ),
  },
};
