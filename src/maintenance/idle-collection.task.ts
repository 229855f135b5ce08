import { Session } from 'node:inspector/promises';
import { performance } from 'node:perf_hooks';
import { Injectable, Logger } from '@nestjs/common';
import { SECONDS } from '../time/durations.js';
import { type HasMaintenanceTasks, Maintenance, type MaintenanceTask } from './maintenance-task.js';

const MEGABYTES = 1e6;
const EVERY_MS = 10 * SECONDS;
/** The event loop was busy for at most this share of the time since the last look. */
const IDLE = 0.05;
/** A collection stops the process for some tenths of a second. */
const WORTH_A_PAUSE = 64 * MEGABYTES;

/** Collects the garbage of a load once the process is idle, and returns its memory: docs/decisions/memory.md. */
@Injectable()
@Maintenance()
export class IdleCollection implements HasMaintenanceTasks {
  private readonly logger = new Logger(IdleCollection.name);
  private seen = performance.eventLoopUtilization();
  private left = process.memoryUsage().heapTotal;

  tasks(): MaintenanceTask[] {
    return [{ name: 'idle-collection', everyMs: EVERY_MS, scope: 'node', run: () => this.look() }];
  }

  private async look(): Promise<void> {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.seen);
    this.seen = now;
    const held = process.memoryUsage().heapTotal;
    if (utilization > IDLE || held - this.left < WORTH_A_PAUSE) return;
    await collect();
    this.left = process.memoryUsage().heapTotal;
    this.logger.debug({ msg: 'collected the garbage of a load', heapBytes: held, heapBytesLeft: this.left });
  }
}

/** Unlike `gc()`, this also shrinks the young generation and releases the pages that V8 keeps. */
async function collect(): Promise<void> {
  const session = new Session();
  session.connect();
  try {
    await session.post('HeapProfiler.collectGarbage');
  } finally {
    session.disconnect();
  }
}
