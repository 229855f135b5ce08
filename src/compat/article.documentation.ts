import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { IdempotencyKeyHeader, REPLAYED } from '../operations/http/operations.documentation.js';
import { Refuses } from '../problems/problem.documentation.js';
import { articleStatus, startedAnswer } from './article.contract.js';

export const DescribeStartOperation = () =>
  applyDecorators(
    ApiOperation({
      operationId: 'articleStartOperation',
      summary: 'Start an operation, as the article does it',
      description:
        'Takes JSON, also as text/plain. With a `kind` it is the body of POST /api/operations; any other JSON starts a sample charge, where no real money moves.',
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
    Refuses(
      'origin_not_allowed',
      'malformed_json',
      'invalid_parameter',
      'body_too_large',
      'unsupported_media_type',
      'invalid_body',
      'unknown_kind',
      'card_number_refused',
      'idempotency_key_reused',
      'charge_not_found',
      'charge_not_successful',
      'amount_exceeds_payment',
      'authorization_not_open',
      'backlogged',
      'overloaded',
    ),
  );

export const DescribeCheckStatus = () =>
  applyDecorators(
    ApiOperation({ operationId: 'articleCheckStatus', summary: 'Ask how it went, as the article does it' }),
    ApiResponse({ status: 200, description: 'pending until it has ended.', standardSchema: articleStatus }),
    Refuses('invalid_parameter', 'operation_not_found'),
  );
