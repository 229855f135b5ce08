import { z } from 'zod';
import type { FieldViolation } from '../errors/field-violation.js';
import { type ProblemCode, PROBLEMS } from './catalogue.js';

/** A problem on the wire: RFC 9457, with a stable `code`. */
export const problemDocument = z
  .object({
    type: z
      .string()
      .meta({ description: 'A URN made of the code.', examples: ['urn:outcome:problem:operation_not_found'] }),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
    detail: z.string().meta({ description: 'What was expected, what was found and what to do.' }),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Every wrong field, if the error is about the shape.' }),
    requestId: z
      .string()
      .optional()
      .meta({ description: 'To be named when asking for help; also the X-Request-Id header.' }),
  })
  .meta({ id: 'Problem', description: 'Problem details for HTTP APIs, RFC 9457.' });

export type ProblemDocument = z.output<typeof problemDocument>;

/** A domain error whose code is in the catalogue. */
export interface ForeseenError {
  readonly code: ProblemCode;
  readonly message: string;
  readonly violations?: readonly FieldViolation[] | undefined;
  /** Seconds, where the catalogue does not say them. */
  readonly retryAfter?: number;
}

export const isForeseen = <E extends { code: string }>(error: E): error is E & { code: ProblemCode } =>
  error.code in PROBLEMS;

export function problemOf({ code, message, violations }: ForeseenError, requestId?: string): ProblemDocument {
  const { status, title } = PROBLEMS[code];
  return {
    type: `urn:outcome:problem:${code}`,
    title,
    status,
    code,
    detail: message,
    ...(violations && { errors: [...violations] }),
    ...(requestId && { requestId }),
  };
}
