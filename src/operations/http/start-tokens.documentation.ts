import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Documentation } from '../../http/documented-by.decorator.js';
import { issuedStartToken } from '../contract/operation.contract.js';
import { ApiStartProblems } from './operations.documentation.js';
import type { StartTokensController } from './start-tokens.controller.js';

export const startTokens: Documentation<StartTokensController> = {
  controller: ApiTags('access'),
  calls: {
    create: applyDecorators(
      ApiOperation({
        operationId: 'createStartToken',
        summary: 'Allow a page one start',
        description:
          'For the backend of a shop, whose page must not choose the amount: the token holds the whole start, for ' +
          '15 minutes. However often the page sends it, it is one operation.',
      }),
      ApiBody({ schema: { $ref: '#/components/schemas/StartOperation' } }),
      ApiResponse({ status: 201, description: 'The token.', standardSchema: issuedStartToken }),
      ApiStartProblems(),
    ),
  },
};
