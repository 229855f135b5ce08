import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Documentation } from '../../http/documented-by.decorator.js';
import { EXAMPLE_OPERATION } from '../../operations/contract/example-operation.js';
import { LONGEST_PAGE } from '../../operations/contract/history.contract.js';
import { ApiProblems } from '../../problems/problem.documentation.js';
import type { OperationEventsController } from './operation-events.controller.js';

const STREAM = `id: 2
event: operation.processing
data: {"operationId":"${EXAMPLE_OPERATION}","version":2,"type":"operation.processing", …}

`;

const events = applyDecorators(
  ApiOperation({
    operationId: 'followOperation',
    summary: 'Its history; as a stream, history and what follows',
    description:
      'As JSON, the events after a version in pages of 100, or fewer where they are large: ask for more with ' +
      '`after` at `next`. With `Accept: text/event-stream`, not less wanted than JSON, the same as ' +
      'server-sent events, then live, until it has ended; the id of an event is its version.',
  }),
  ApiQuery({
    name: 'after',
    required: false,
    description: 'The last version that was seen.',
    schema: { type: 'integer', minimum: 0, default: 0 },
  }),
  ApiQuery({
    name: 'lastEventId',
    required: false,
    description: 'Of a stream: as the header Last-Event-ID, which goes before it, for clients that cannot set one.',
    schema: { type: 'integer', minimum: 0 },
  }),
  ApiQuery({
    name: 'limit',
    required: false,
    description: 'The most events in a page of JSON.',
    schema: { type: 'integer', minimum: 1, maximum: LONGEST_PAGE, default: LONGEST_PAGE },
  }),
  ApiQuery({
    name: 'watch',
    required: false,
    description:
      'For a browser’s EventSource, which sends no headers: a token of POST …/watch-token?for=event-source, and no ' +
      'other. After its end the answer is 204.',
    schema: { type: 'string' },
  }),
  ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'The id of the last event that was seen; an EventSource sends it when it comes back.',
    schema: { type: 'string' },
  }),
  ApiResponse({
    status: 200,
    description: 'The history; as a stream, what follows too.',
    content: {
      'application/json': { schema: { $ref: '#/components/schemas/OperationHistory' } },
      'text/event-stream': {
        schema: {
          type: 'string',
          description: 'The data of each is an OperationEvent.',
          anyOf: [{ type: 'string' }, { $ref: '#/components/schemas/OperationEvent' }],
        },
        example: STREAM,
      },
    },
  }),
  ApiResponse({
    status: 204,
    description:
      'To a stream only: it has ended and all was seen, or the token in its address has ended; do not come back.',
  }),
  ApiProblems('invalid_parameter', 'operation_not_found'),
);

export const operationEvents: Documentation<OperationEventsController> = {
  controller: ApiTags('operations'),
  calls: { events },
};
