import type { Operation, Problem, ProblemCode } from './api.js';

/** The service's codes, and the client's own: `unreachable`, `unexpected_answer`, `intent_underway`, `closed`. */
export type ErrorCode = ProblemCode | 'unreachable' | 'unexpected_answer' | 'intent_underway' | 'closed';

type Circumstances = Partial<
  Pick<OutcomeError, 'problem' | 'status' | 'operation' | 'retryable' | 'retryAfter' | 'cause'>
>;

/**
 * Why the client could not do what it was asked; `code` says which error. A failed operation is an outcome, not an
 * error.
 */
export class OutcomeError extends Error {
  override readonly name = 'OutcomeError';
  /** The problem as the service sent it. */
  readonly problem: Problem | undefined;
  /** Of the HTTP response. */
  readonly status: number | undefined;
  /** With `intent_underway` and `operation_already_ended`: the operation that blocks the request. */
  readonly operation: Operation | undefined;
  /** Whether the same request may succeed when it is sent again. */
  readonly retryable: boolean = false;
  /** Milliseconds that the service asks to wait before a retry. */
  readonly retryAfter: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    circumstances: Circumstances = {},
  ) {
    super(message);
    Object.assign(this, circumstances);
  }
}

/**
 * Whether the service itself refuses, so that no other transport and no other time changes it; an error from something
 * in between may pass.
 */
export const isFinal = (error: unknown) =>
  error instanceof OutcomeError && error.problem !== undefined && !error.retryable;

export const isRetryable = (error: unknown): error is OutcomeError => error instanceof OutcomeError && error.retryable;

export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

export const asOutcomeError = (error: unknown): OutcomeError =>
  error instanceof OutcomeError ? error : new OutcomeError('unexpected_answer', messageOf(error), { cause: error });
