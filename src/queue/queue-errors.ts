import type { Logger } from '@nestjs/common';
import { SECONDS } from '../time/durations.js';

const SAME_AGAIN_AFTER = 10 * SECONDS;

interface ErrorEmitter {
  on(event: 'error', listener: (error: Error) => void): unknown;
}

const logged = new Map<string, { at: number; repeated: number }>();

/**
 * Logs the errors of a queue or a worker; without a listener, BullMQ prints each one with its connection object.
 */
export function logQueueErrors(source: ErrorEmitter, logger: Pick<Logger, 'warn'>): void {
  source.on('error', (error) => logQueueError(error, logger));
}

/**
 * Logs the same error once in ten seconds: while the store is away, every connection and every finished job of the
 * process repeats it.
 */
export function logQueueError(err: NodeJS.ErrnoException, logger: Pick<Logger, 'warn'>): void {
  // Of an error from Redis: BullMQ's whole script.
  delete (err as { command?: unknown }).command;
  const what = err.code ?? err.message;
  const last = logged.get(what);
  const now = performance.now();
  if (last && now - last.at < SAME_AGAIN_AFTER) {
    last.repeated += 1;
    return;
  }
  for (const [key, { at }] of logged) if (now - at >= SAME_AGAIN_AFTER) logged.delete(key);
  logged.set(what, { at: now, repeated: 0 });
  logger.warn({ msg: 'the queue cannot be reached', err, ...(last?.repeated && { repeated: last.repeated }) });
}
