import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { type ProblemCode, PROBLEMS } from './catalogue.js';
import { problemOf } from './problem.js';

const PROBLEM = { $ref: '#/components/schemas/Problem' };

/** Problems that any request can meet. */
const ALWAYS: readonly ProblemCode[] = [
  'repeated_header',
  'host_not_allowed',
  'internal_error',
  'storage_unavailable',
  'shutting_down',
];

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds after which to try again.', schema: { type: 'integer' } },
} as const;

/** Documents a route's own problems with the common ones: one response per status, one example per code. */
export function ApiProblems(...ownCodes: ProblemCode[]): MethodDecorator {
  const codes = [...ownCodes, ...ALWAYS];
  const statuses = [...new Set(codes.map((code) => PROBLEMS[code].status))];
  return applyDecorators(
    ...statuses.map((status) => {
      const refused = codes.filter((code) => PROBLEMS[code].status === status) as [ProblemCode, ...ProblemCode[]];
      return ApiResponse({ ...problemResponse(...refused), ...(status === 503 && { headers: RETRY_AFTER }) });
    }),
  );
}

/** The response for problems of one status. */
export function problemResponse(...codes: [ProblemCode, ...ProblemCode[]]) {
  const examples = Object.fromEntries(
    codes.map((code) => [
      code,
      { summary: PROBLEMS[code].title, value: problemOf({ code, message: PROBLEMS[code].title }) },
    ]),
  );
  return {
    status: PROBLEMS[codes[0]].status,
    description: codes.map((code) => PROBLEMS[code].title).join('; '),
    content: { 'application/problem+json': { schema: PROBLEM, examples } },
  };
}
