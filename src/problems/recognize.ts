import { HttpException } from '@nestjs/common';
import { TooManyWaiting } from '../database/batcher.js';
import { isUnavailable, whyUnavailable } from '../database/unavailable.js';
import type { FieldViolation } from '../errors/field-violation.js';
import { DomainError } from '../errors/domain-error.js';
import { InvalidInput } from '../errors/invalid-input.js';
import { type ProblemCode, PROBLEMS } from './catalogue.js';
import { Problem } from './problem.js';

export interface Recognized {
  code: ProblemCode;
  detail: string;
  violations?: readonly FieldViolation[] | undefined;
}

/**
 * The problem that an error stands for. An unforeseen one is an internal error; its message stays here, since it may
 * reveal internals.
 */
export function recognize(error: unknown): Recognized {
  if (error instanceof Problem) return { code: error.code, detail: error.message, violations: error.violations };
  if (error instanceof DomainError && isCode(error.code)) {
    return {
      code: error.code,
      detail: error.message,
      violations: error instanceof InvalidInput ? error.violations : undefined,
    };
  }
  if (error instanceof TooManyWaiting) return { code: 'overloaded', detail: error.message };
  if (isUnavailable(error))
    return {
      code: 'storage_unavailable',
      detail: `${whyUnavailable(error)} Nothing is lost: try again with the same Idempotency-Key.`,
    };
  return (
    ofTheFramework(error) ?? {
      code: 'internal_error',
      detail:
        'Something unexpected went wrong. Nothing more can be said here; the log knows more under the request id.',
    }
  );
}

const isCode = (code: string): code is ProblemCode => code in PROBLEMS;

const OF_FASTIFY: Record<string, Recognized> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'body_too_large',
    detail: 'A body may have 64 KiB at most, a provider’s webhook 1 MiB.',
  },
};

/** Nest wraps Fastify's errors in an exception of its own, and keeps the original as the cause. */
function ofTheFramework(error: unknown): Recognized | undefined {
  const origin = error instanceof HttpException && error.cause ? error.cause : error;
  const { code, statusCode } = (origin ?? {}) as { code?: string; statusCode?: number };
  const known = code === undefined ? undefined : OF_FASTIFY[code];
  if (known) return known;
  const status = error instanceof HttpException ? error.getStatus() : statusCode;
  if (status === 404)
    return { code: 'route_not_found', detail: 'There is nothing at this address. GET /docs shows what there is.' };
  if (status !== undefined && status >= 400 && status < 500)
    return { code: 'bad_request', detail: 'The request cannot be understood. GET /docs shows what is expected.' };
  return undefined;
}
