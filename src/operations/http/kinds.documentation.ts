import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Documentation } from '../../http/documented-by.decorator.js';
import { kindList } from './kinds.contract.js';
import type { KindsController } from './kinds.controller.js';

export const kinds: Documentation<KindsController> = {
  controller: ApiTags('operations'),
  calls: {
    list: applyDecorators(
      ApiOperation({
        operationId: 'listKinds',
        summary: 'List the kinds of operations',
        description: 'All that this service knows, for a filter.',
      }),
      ApiResponse({ status: 200, description: 'The kinds.', standardSchema: kindList }),
    ),
  },
};
