import type { Operation, Problem, ProblemCode } from './api.js';

/** The service's codes, and the client's own: `unreachable`, `unexpected_answer`, `intent_underway`, `closed`. */
export type ErrorCode = ProblemCode | 'unreachable' | 'unexpected_answer' | 'intent_underway' | 'closed';

type Circumstances = Partial<
  Pick<OutcomeError, 'problem' | 'status' | 'operation' | 'retryable' | 'retryAfter' | 'cause'>
>;

/** Why the client could not do what was asked, by `code`. A failed operation is an outcome, not an error. */
export class OutcomeError extends Error {
  override readonly name = 'OutcomeError';
  /** The problem that the service sent. */
  readonly problem: Problem | undefined;
  /** The status of the HTTP response. */
  readonly status: number | undefined;
  /** With `intent_underway` and `operation_already_ended`: the operation that blocks the request. */
  readonly operation: Operation | undefined;
  /** True if the same request may succeed when sent again. */
  readonly retryable: boolean = false;
  /** True if an earlier attempt of the same call had no answer: it may have done what this one was refused. */
  readonly repeated: boolean = false;
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
 * True if the service itself refuses, so that neither another transport nor waiting helps; an error of a proxy may
 * pass.
 */
export const isFinal = (error: unknown): error is OutcomeError & { status: number } =>
  error instanceof OutcomeError && error.problem !== undefined && !error.retryable;

/** True if the service refuses the credentials: others, or renewed ones, may do. */
export const isUnauthorized = (error: unknown): error is OutcomeError => isFinal(error) && error.status === 401;

export const hasCode = (error: unknown, code: ErrorCode): error is OutcomeError =>
  error instanceof OutcomeError && error.code === code;

export const isRetryable = (error: unknown): error is OutcomeError => error instanceof OutcomeError && error.retryable;

export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

export const asOutcomeError = (error: unknown): OutcomeError =>
  error instanceof OutcomeError ? error : new OutcomeError('unexpected_answer', messageOf(error), { cause: error });
