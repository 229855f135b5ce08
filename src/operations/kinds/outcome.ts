import type { Companion } from '../../database/companion.js';
import type { Failure, Json, NextAction } from '../domain/operation-events.js';

/** How one attempt went. A decline is an outcome; an unreachable provider is an error (RetryableError). */
export type Outcome<Result extends Json = Json> = (
  | { type: 'succeeded'; result: Result }
  /** `detail` goes into the history, such as the provider's own word for it. */
  | { type: 'failed'; failure: Failure; detail?: Json }
  | { type: 'action_required'; nextAction: NextAction }
  /** The provider is still working and will take its time: the service looks it up now and then, or when notified. */
  | { type: 'pending'; reason: string }
  | Unknown
) & { storedWith?: OutcomeCompanion };

/** It may or may not have taken effect: the service concludes nothing and must look it up. */
export type Unknown = { type: 'unknown'; reason: string } & Unexplained;

/** What an outcome says elsewhere in our database, such as in the payment ledger: stored with it, or not at all. */
export interface OutcomeCompanion extends Companion {
  /** What the outcome is instead, where this error of storing it is the companion's own; else undefined. */
  insteadOf(error: unknown): Unknown | undefined;
}

/**
 * Why an attempt did not end well: `cause` for the log, `detail` for the history, which clients read, such as the
 * provider's own wording.
 */
export interface Because {
  cause?: unknown;
  detail?: Json;
}

/** `unexplained`: what a person must look at now, in a sentence, since asking again would tell the same. */
export interface Unexplained extends Because {
  unexplained?: string;
}

/**
 * What a look-up found. `never_arrived`: surely without effect, so that the same thing may be sent again under its key.
 */
export type LookUp<Result extends Json = Json> = Outcome<Result> | { type: 'never_arrived' };

/** What canceling at the provider gave. `canceled`: it has had no effect and never will. */
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
 * The obstacle may pass by itself, and the work surely had no effect: the service runs another attempt. `reason` is for
 * the history.
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

/**
 * Why an execution's signal was aborted: a client asks to cancel the operation. A kind that could stop without effect
 * throws it.
 */
export class CancelRequested extends Error {
  constructor() {
    super('The operation was canceled.');
    this.name = 'CancelRequested';
  }
}
