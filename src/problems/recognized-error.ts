import { HttpException } from '@nestjs/common';
import { isUnavailable } from '../database/database-unavailable.js';
import { DomainError } from '../errors/domain-error.js';
import { BadRequest, BodyTooLarge, RouteNotFound } from './request-errors.js';
import { isForeseen, type ForeseenError } from './problem.js';
import { InternalError, StorageUnavailable } from './service-errors.js';

/** The catalogued error for any error. */
export function recognize(error: unknown): ForeseenError {
  if (error instanceof DomainError && isForeseen(error)) return error;
  if (isUnavailable(error)) return StorageUnavailable.because(error);
  return ofTheFramework(error) ?? InternalError.because(error);
}

/** Nest wraps Fastify's errors in its own exception, with the original as cause. */
function ofTheFramework(error: unknown): ForeseenError | undefined {
  const origin = error instanceof HttpException && error.cause ? error.cause : error;
  const { code, statusCode } = (origin ?? {}) as { code?: string; statusCode?: number };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return BodyTooLarge.beyondLimit();
  const status = error instanceof HttpException ? error.getStatus() : statusCode;
  if (status === 404) return RouteNotFound.because('There is nothing at this address. GET /docs shows what there is.');
  return status !== undefined && status >= 400 && status < 500 ? BadRequest.unreadable() : undefined;
}
