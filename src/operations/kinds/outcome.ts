import type { Companion } from '../../database/companion.js';
import type { Failure, Json, NextAction } from '../domain/operation-events.js';

/** How one attempt ended. A decline is an outcome; an unreachable provider is an error (RetryableError). */
export type Outcome<Result extends Json = Json> = (
  | { type: 'succeeded'; result: Result }
  /** `detail` goes into the history, for example the provider's own code. */
  | { type: 'failed'; failure: Failure; detail?: Json }
  | { type: 'action_required'; nextAction: NextAction }
  /** The provider is still working: the service looks it up from time to time, or when notified. */
  | { type: 'pending'; reason: string }
  | Unknown
) & { storedWith?: OutcomeCompanion };

/** It may have taken effect: the service concludes nothing and must look it up. */
export type Unknown = { type: 'unknown'; reason: string } & Unexplained;

/** Further rows of an outcome, such as those of the payment ledger, stored atomically with it. */
export interface OutcomeCompanion extends Companion {
  /** The outcome to store instead, if the error of storing comes from this companion; otherwise undefined. */
  insteadOf(error: unknown): Unknown | undefined;
}

/**
 * Why an attempt did not succeed: `cause` for the log, `detail` for the history, which clients read, such as the
 * provider's own wording.
 */
export interface Because {
  cause?: unknown;
  detail?: Json;
}

/** `unexplained`: one sentence on what an operator must look at now, since asking again would not change it. */
export interface Unexplained extends Because {
  unexplained?: string;
}

/** What a look-up found. `never_arrived`: surely without effect; the same request may be sent again under its key. */
export type LookUp<Result extends Json = Json> = Outcome<Result> | { type: 'never_arrived' };

/** The result of canceling at the provider. `canceled`: it had no effect and never will. */
export type Cancellation<Result extends Json = Json> = LookUp<Result> | { type: 'canceled' };

export const succeeded = <Result extends Json>(result: Result) => ({ type: 'succeeded', result }) as const;
export const failed = (failure: Failure, detail?: Json) =>
  ({ type: 'failed', failure, ...(detail && { detail }) }) as const;
export const actionRequired = (nextAction: NextAction) => ({ type: 'action_required', nextAction }) as const;
export const pending = (reason: string) => ({ type: 'pending', reason }) as const;
export const unknown = (reason: string, because: Unexplained = {}) =>
  ({ type: 'unknown', reason, ...because }) as const;
export const neverArrived = () => ({ type: 'never_arrived' }) as const;
export const canceled = () => ({ type: 'canceled' }) as const;

/**
 * The obstacle may pass, and the work surely had no effect: the service makes another attempt. `reason` goes into the
 * history.
 */
export class RetryableError extends Error {
  readonly detail: Json | undefined;

  constructor(
    readonly reason: string,
    message: string,
    because: Because = {},
  ) {
    super(message, because);
    this.name = 'RetryableError';
    this.detail = because.detail;
  }
}

/** The work surely had no effect, and another attempt would not help: the operation fails with `code`. */
export class TerminalError extends Error {
  readonly detail: Json | undefined;

  constructor(
    readonly code: string,
    message: string,
    because: Because = {},
  ) {
    super(message, because);
    this.name = 'TerminalError';
    this.detail = because.detail;
  }
}

/** Aborts an execution's signal when a client requests a cancel. A kind that could stop without effect throws it. */
export class CancelRequested extends Error {
  constructor() {
    super('The operation was canceled.');
    this.name = 'CancelRequested';
  }
}
