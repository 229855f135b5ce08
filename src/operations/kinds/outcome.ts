import type { Failure, Json, NextAction } from '../domain/events.js';

/** How one try at an operation went. A decline is an outcome; an unreachable provider is an error (RetryableError). */
export type Outcome<Result extends Json = Json> =
  | { type: 'succeeded'; result: Result }
  | { type: 'failed'; failure: Failure }
  | { type: 'action_required'; nextAction: NextAction }
  /** It may or may not have taken effect: nothing may be concluded, it must be looked up. */
  | { type: 'unknown'; reason: string };

/** What a look-up found. `never_arrived`: surely without effect, so that the same thing may be sent again under its key. */
export type LookUp<Result extends Json = Json> = Outcome<Result> | { type: 'never_arrived' };

export const succeeded = <Result extends Json>(result: Result) => ({ type: 'succeeded', result }) as const;
export const failed = (failure: Failure) => ({ type: 'failed', failure }) as const;
export const actionRequired = (nextAction: NextAction) => ({ type: 'action_required', nextAction }) as const;
export const unknown = (reason: string) => ({ type: 'unknown', reason }) as const;
export const neverArrived = () => ({ type: 'never_arrived' }) as const;

/** What stood in the way may pass by itself, and the work surely had no effect: it is tried again. `reason` is for the history. */
export class RetryableError extends Error {
  constructor(
    readonly reason: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'RetryableError';
  }
}

/** Why an execution's signal was aborted: somebody asks to call the operation off. A kind that could stop without effect throws it. */
export class CalledOff extends Error {
  constructor() {
    super('The operation was called off.');
    this.name = 'CalledOff';
  }
}
