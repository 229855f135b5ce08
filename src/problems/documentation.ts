import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { type ProblemCode, PROBLEMS } from './catalogue.js';
import { problemOf } from './problem.js';

const PROBLEM = { $ref: '#/components/schemas/Problem' };

/** Documents what a route refuses: one response a status, one example a code. */
export function Refuses(...codes: ProblemCode[]): MethodDecorator {
  const statuses = [...new Set(codes.map((code) => PROBLEMS[code].status))];
  return applyDecorators(
    ...statuses.map((status) => {
      const refused = codes.filter((code) => PROBLEMS[code].status === status);
      const examples = Object.fromEntries(
        refused.map((code) => [code, { summary: PROBLEMS[code].title, value: problemOf(code, PROBLEMS[code].title) }]),
      );
      return ApiResponse({
        status,
        description: refused.map((code) => PROBLEMS[code].title).join('; '),
        content: { 'application/problem+json': { schema: PROBLEM, examples } },
      });
    }),
  );
}
