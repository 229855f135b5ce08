import type { Logger } from '@nestjs/common';
import { SECONDS } from '../time/durations.js';

const SAME_AGAIN_AFTER = 10 * SECONDS;

interface QueueOrWorker {
  on(event: 'error', listener: (error: Error) => void): unknown;
  /** Once it is being closed. */
  readonly closing?: Promise<void> | undefined;
}

const logged = new Map<string, { at: number; repeated: number }>();

/**
 * Logs the errors of a queue or a worker; without a listener, BullMQ prints each one with its connection object. A
 * store that goes away while they are closed, as the embedded one does after a failed start, is no fault.
 */
export function logQueueErrors(source: QueueOrWorker, logger: Pick<Logger, 'warn' | 'debug'>): void {
  source.on('error', (err) => {
    if (source.closing) logger.debug({ msg: 'the queue lost a connection while it was closed', err });
    else logQueueError(err, logger);
  });
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
