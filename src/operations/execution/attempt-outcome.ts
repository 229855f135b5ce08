import {
  CancelRequested,
  canceled,
  failed,
  RetryableError,
  TerminalError,
  unknown,
  type Cancellation,
} from '../kinds/outcome.js';
import { TimeIsUp } from './attempt-runner.js';

/** How an attempt ended: the kind's outcome, or `retry` to send the same request again. */
export type AttemptOutcome = Cancellation | { type: 'retry'; error: RetryableError };

/** An error as the outcome of its attempt. `log` is null if the error is expected. */
export interface ErrorOutcome {
  outcome: AttemptOutcome;
  reason: string;
  log: { level: 'warn' | 'error'; msg: string } | null;
}

export const UNKNOWN = 'how an attempt went is unknown';
const REFUSED = 'an attempt was refused';
const PASSING = 'an attempt had no effect and is repeated';
const UNFORESEEN = 'an attempt has failed unexpectedly';

/**
 * `isUntouched`: no earlier attempt can have taken effect. Otherwise this error says nothing about the earlier ones, so
 * the outcome is unknown.
 */
export function outcomeOfError(error: unknown, isUntouched: boolean, canLookUp: boolean): ErrorOutcome {
  if (error instanceof CancelRequested) {
    const reason = 'canceled';
    return { outcome: isUntouched ? canceled() : unknown(reason), reason, log: null };
  }
  if (error instanceof RetryableError) {
    const { reason } = error;
    if (isUntouched) return { outcome: { type: 'retry', error }, reason, log: { level: 'warn', msg: PASSING } };
    return { outcome: unknown(reason, detailOf(error)), reason, log: { level: 'warn', msg: UNKNOWN } };
  }
  if (error instanceof TerminalError) {
    const { code: reason, message, detail } = error;
    if (!isUntouched)
      return { outcome: unknown(reason, detailOf(error)), reason, log: { level: 'error', msg: UNKNOWN } };
    const outcome = failed({ code: reason, message, retryable: false }, detail);
    return { outcome, reason, log: { level: 'error', msg: REFUSED } };
  }
  const reason = error instanceof TimeIsUp ? 'time_is_up' : 'unexpected_error';
  const log = { level: 'error', msg: UNFORESEEN } as const;
  if (canLookUp) return { outcome: unknown(reason), reason, log };
  const again = new RetryableError(reason, 'Something unexpected went wrong.', { cause: error });
  return { outcome: { type: 'retry', error: again }, reason, log };
}

const detailOf = ({ detail }: RetryableError | TerminalError) => ({ ...(detail && { detail }) });
