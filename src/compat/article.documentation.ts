import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Documentation } from '../http/documented-by.decorator.js';
import { IdempotencyKeyHeader, ApiStartProblems, REPLAYED } from '../operations/http/operations.documentation.js';
import { ApiProblems } from '../problems/problem.documentation.js';
import { articleStatus, startedAnswer } from './article.contract.js';
import type { ArticleController } from './article.controller.js';

const start = applyDecorators(
  ApiOperation({
    operationId: 'articleStartOperation',
    summary: 'Start an operation, as the article does it',
    description:
      'Takes JSON, also as text/plain. With a `kind` it is the body of POST /api/operations; any other JSON ' +
      'starts a sample charge, where no real money moves.',
  }),
  ApiConsumes('application/json', 'text/plain'),
  ApiBody({
    required: false,
    schema: { description: 'Any JSON.' },
    examples: {
      anything: { summary: 'The page’s own data', value: { type: 'payment' } },
      kind: { summary: 'What to start', value: { kind: 'demo.countdown', input: { seconds: 3 } } },
    },
  }),
  IdempotencyKeyHeader(),
  ApiResponse({ status: 202, description: 'Accepted.', standardSchema: startedAnswer, headers: REPLAYED }),
  ApiStartProblems(),
);

const check = applyDecorators(
  ApiOperation({ operationId: 'articleCheckStatus', summary: 'Ask how it went, as the article does it' }),
  ApiResponse({ status: 200, description: 'pending until it has ended.', standardSchema: articleStatus }),
  ApiProblems('invalid_parameter', 'operation_not_found'),
);

export const article: Documentation<ArticleController> = {
  controller: ApiTags('the two calls of the article'),
  calls: { start, check },
};
