import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Documentation } from '../../http/documented-by.decorator.js';
import { BODY_PROBLEMS } from '../../http/json-body.documentation.js';
import { ApiProblems } from '../../problems/problem.documentation.js';
import { STATUSES } from '../domain/operation-status.js';
import { operationInspection } from '../queries/inspect-operation.query.js';
import { operationStatistics } from '../queries/operation-statistics.query.js';
import { operationView, startedOperation } from '../contract/operation-view.js';
import { operationList, renewedWatchToken } from '../contract/operation.contract.js';
import type { OperationsController } from './operations.controller.js';

const ETAG = { ETag: { description: 'The version, as "v7".', schema: { type: 'string' } } } as const;
const RETRY_AFTER = {
  'Retry-After': {
    description: 'Seconds after which to ask again; not there once it has ended.',
    schema: { type: 'integer' },
  },
} as const;
const APPLIED = {
  'Preference-Applied': {
    description: 'The preferences applied, such as wait=10 or wait=30, until=end.',
    schema: { type: 'string' },
  },
} as const;
export const REPLAYED = {
  'Idempotent-Replayed': { description: 'true, where the key had started it before.', schema: { type: 'string' } },
} as const;
const STARTED = {
  ...ETAG,
  ...APPLIED,
  Location: { description: 'Where the operation is.', schema: { type: 'string' } },
  ...REPLAYED,
} as const;

export const IdempotencyKeyHeader = () =>
  ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description:
      '1 to 255 printable characters; in double quotes it is the same key. The same key and body start one ' +
      'operation, however often they are sent.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  });

const PreferWaitHeader = (until: string) =>
  ApiHeader({
    name: 'Prefer',
    required: false,
    description: `wait=N keeps the answer until ${until}, for N (at most 60) seconds. Other preferences are ignored.`,
    schema: { type: 'string' },
    example: 'wait=10',
  });

/** Problems of each call that takes JSON and changes something. */
const BODY = ['origin_not_allowed', 'invalid_parameter', ...BODY_PROBLEMS, 'overloaded'] as const;

/** Problems of each call that starts an operation. */
export const ApiStartProblems = () =>
  ApiProblems(
    ...BODY,
    'unknown_kind',
    'idempotency_key_reused',
    'charge_not_found',
    'charge_not_successful',
    'amount_exceeds_payment',
    'authorization_not_open',
    'backlogged',
  );

const start = applyDecorators(
  ApiOperation({
    operationId: 'startOperation',
    summary: 'Start an operation',
    description:
      'Stores it as `pending` and answers at once; a worker takes it from there. Choose an example: each runs ' +
      'as it stands.',
  }),
  ApiBody({ schema: { $ref: '#/components/schemas/StartOperation' } }),
  IdempotencyKeyHeader(),
  PreferWaitHeader('it has ended or waits for its customer'),
  ApiResponse({
    status: 202,
    description: 'Accepted: it is stored, together with the job that will run it.',
    standardSchema: startedOperation,
    headers: { ...STARTED, ...RETRY_AFTER },
  }),
  ApiResponse({
    status: 200,
    description: 'It has ended already: within the wait that was asked for, or long ago under this key.',
    standardSchema: startedOperation,
    headers: STARTED,
  }),
  ApiStartProblems(),
);

const renewWatchToken = applyDecorators(
  ApiOperation({
    operationId: 'renewWatchToken',
    summary: 'Go on watching it',
    description: 'For who holds a watch token of it, while it runs, up to a day after its start.',
  }),
  ApiResponse({ status: 201, description: 'The next watch token, for an hour.', standardSchema: renewedWatchToken }),
  ApiProblems(
    'origin_not_allowed',
    'invalid_parameter',
    'operation_not_found',
    'operation_already_ended',
    'body_too_large',
  ),
);

const revokeWatchTokens = applyDecorators(
  ApiOperation({
    operationId: 'revokeWatchTokens',
    summary: 'Revoke its watch tokens',
    description:
      'All that it has until now: they are refused at once, and what is followed with them ends within seconds. Who ' +
      'repeats its start under the same Idempotency-Key gets a new one.',
  }),
  ApiResponse({ status: 204, description: 'They are revoked.' }),
  ApiProblems('origin_not_allowed', 'invalid_parameter', 'operation_not_found', 'body_too_large'),
);

const get = applyDecorators(
  ApiOperation({
    operationId: 'getOperation',
    summary: 'Ask how it goes',
    description: 'For clients that poll: ask again after Retry-After with If-None-Match, or wait for news with Prefer.',
  }),
  ApiHeader({
    name: 'If-None-Match',
    required: false,
    description: 'The ETag that was seen last: 304 where nothing has changed since.',
    schema: { type: 'string' },
    example: '"v1"',
  }),
  PreferWaitHeader(
    'there is a version after the one in If-None-Match (else: after the one it is at now); with until=end, ' +
      'until it has ended or waits for its customer',
  ),
  ApiResponse({
    status: 200,
    description: 'The operation.',
    standardSchema: operationView,
    headers: { ...ETAG, ...RETRY_AFTER, ...APPLIED },
  }),
  ApiResponse({
    status: 304,
    description: 'Still at the version in If-None-Match.',
    headers: { ...ETAG, ...RETRY_AFTER, ...APPLIED },
  }),
  ApiProblems('invalid_parameter', 'operation_not_found'),
);

const list = applyDecorators(
  ApiOperation({
    operationId: 'listOperations',
    summary: 'List operations, newest first',
    description: 'A page stays put while new operations come in: follow nextCursor.',
  }),
  ApiQuery({
    name: 'status',
    required: false,
    style: 'form',
    explode: false,
    schema: { type: 'array', items: { type: 'string', enum: [...STATUSES] } },
  }),
  ApiQuery({ name: 'attention', required: false, schema: { type: 'boolean' } }),
  ApiResponse({ status: 200, description: 'A page.', standardSchema: operationList }),
  ApiProblems('invalid_parameter'),
);

const inspect = applyDecorators(
  ApiOperation({
    operationId: 'inspectOperation',
    summary: 'See what its customer does not',
    description: 'For operators: its input without what is secret, how often it was tried, and what it waits for.',
  }),
  ApiResponse({
    status: 200,
    description: 'What is not part of the operation itself.',
    standardSchema: operationInspection,
  }),
  ApiProblems('invalid_parameter', 'operation_not_found'),
);

const statistics = applyDecorators(
  ApiOperation({
    operationId: 'getOperationStatistics',
    summary: 'How many started and ended, and how long they took',
    description:
      'Over the last minutes, in buckets of time without holes, the last of which is not over yet; for a plot.',
  }),
  ApiResponse({ status: 200, description: 'The buckets, oldest first.', standardSchema: operationStatistics }),
  ApiProblems('invalid_parameter'),
);

const cancel = applyDecorators(
  ApiOperation({
    operationId: 'cancelOperation',
    summary: 'Ask to cancel it',
    description:
      'An operation that no worker has claimed is canceled at once. Otherwise the request is recorded, and applied ' +
      'if the work had no effect; if it had one, the provider’s answer wins.',
  }),
  ApiResponse({ status: 200, description: 'Canceled.', standardSchema: operationView, headers: ETAG }),
  ApiResponse({
    status: 202,
    description: 'Recorded; follow the operation to its end.',
    standardSchema: operationView,
    headers: { ...ETAG, ...RETRY_AFTER },
  }),
  ApiProblems(
    'origin_not_allowed',
    'invalid_parameter',
    'operation_not_found',
    'operation_already_ended',
    'stale_operation',
    'overloaded',
  ),
);

const resolve = applyDecorators(
  ApiOperation({
    operationId: 'resolveOperation',
    summary: 'Resolve by an operator',
    description:
      'For operators. Ends an operation whose outcome is unknown (`reconciling`) as an operator has found out; ' +
      'for an ended one that needs attention, records that it was reviewed. The history keeps who resolved it, ' +
      'and why.',
  }),
  ApiBody({
    schema: { $ref: '#/components/schemas/Resolution' },
    examples: {
      failed: {
        summary: 'It has had no effect',
        value: { by: 'Ada', reason: 'The provider’s dashboard has no such charge.', outcome: { status: 'failed' } },
      },
      success: {
        summary: 'It has had its effect (of a charge)',
        value: {
          by: 'Ada',
          reason: 'Found in the provider’s dashboard.',
          outcome: {
            status: 'success',
            result: { provider: '…', reference: '…', amount: 1999, currency: 'EUR', captured: true },
          },
        },
      },
      reviewed: {
        summary: 'It has ended, and an operator has dealt with it',
        value: { by: 'Ada', reason: 'Refunded in the provider’s dashboard.' },
      },
    },
  }),
  ApiResponse({ status: 200, description: 'Resolved.', standardSchema: operationView, headers: ETAG }),
  ApiProblems(
    ...BODY,
    'operation_not_found',
    'operation_already_ended',
    'transition_not_allowed',
    'nothing_to_review',
    'second_person_needed',
    'resolution_not_verified',
    'stale_operation',
  ),
);

export const operations: Documentation<OperationsController> = {
  controller: ApiTags('operations'),
  calls: { start, list, statistics, inspect, get, cancel, resolve, renewWatchToken, revokeWatchTokens },
};
