import { Session } from 'node:inspector/promises';
import { performance } from 'node:perf_hooks';
import { Logger } from '@nestjs/common';
import { SECONDS } from './time/durations.js';
import { repeatedly } from './time/repeatedly.js';

const MEGABYTES = 1e6;
const EVERY_MS = 10 * SECONDS;
/** The event loop was busy for at most this share of the time since the last look. */
const IDLE = 0.05;
/** A collection stops the process for some tenths of a second. */
const WORTH_A_PAUSE = 64 * MEGABYTES;

/** Collects the garbage of a load once the process is idle, and returns its memory: docs/decisions/memory.md. */
export class IdleCollection {
  private readonly logger = new Logger(IdleCollection.name);
  private seen = performance.eventLoopUtilization();
  private left = process.memoryUsage().heapTotal;

  static begin(): void {
    const collection = new IdleCollection();
    repeatedly(
      EVERY_MS,
      new AbortController().signal,
      () => collection.look(),
      (err) => collection.logger.warn({ msg: 'the garbage of a load could not be collected', err }),
    );
  }

  async look(): Promise<void> {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.seen);
    this.seen = now;
    const held = process.memoryUsage().heapTotal;
    if (utilization > IDLE || held - this.left < WORTH_A_PAUSE) return;
    await collectGarbage();
    this.left = process.memoryUsage().heapTotal;
    this.logger.debug({ msg: 'collected the garbage of a load', heapBytes: held, heapBytesLeft: this.left });
  }
}

/** Unlike `gc()`, this also shrinks the young generation and releases the pages that V8 keeps. */
export async function collectGarbage(): Promise<void> {
  const session = new Session();
  session.connect();
  try {
    await session.post('HeapProfiler.collectGarbage');
  } finally {
    session.disconnect();
  }
}
