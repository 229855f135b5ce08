import { performance } from 'node:perf_hooks';
import { Logger } from '@nestjs/common';
import { SECONDS } from '../time/durations.js';

const MEGABYTES = 1e6;
const EVERY_MS = 10 * SECONDS;
/** The event loop was busy for at most this share of the time since the last look. */
const IDLE = 0.05;
/** After a shorter pause a load goes on, and would take again at once what was returned. */
const IDLE_FOR_MS = 40 * SECONDS;
/** A collection stops the process for some tenths of a second. */
const WORTH_A_PAUSE = 64 * MEGABYTES;
/** From Node 24 on, a plain collection keeps the pages that it has freed; before, one with options does. */
const KEEPS_PAGES = Number.parseInt(process.versions.node, 10) >= 24;
const RETURNING_PAGES = { type: 'major', execution: 'sync', flavor: 'last-resort' } as const;
/** The second shrinks the young generation: V8 waits until little was allocated for a while. */
const COLLECTIONS = 2;

/**
 * Collects the garbage of a load once the process is idle, and returns its memory. V8's own collection of an idle
 * process would also forget the shapes of objects that none lives of, after which the same code is slower for good:
 * docs/decisions/memory.md.
 */
export class IdleCollection {
  private readonly logger = new Logger(IdleCollection.name);
  private seen = performance.eventLoopUtilization();
  private left = process.memoryUsage().heapTotal;
  private idleForMs = 0;
  private due = 0;

  constructor(private readonly collectGarbage: () => void) {}

  /** Without `--expose-gc`, which `npm start` and the image have, V8 alone collects. */
  static begin(): void {
    const { gc } = globalThis;
    if (!gc) return;
    const collection = new IdleCollection(() => (KEEPS_PAGES ? gc(RETURNING_PAGES) : gc()));
    setInterval(() => collection.look(), EVERY_MS).unref();
  }

  look(): void {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.seen);
    this.seen = now;
    this.idleForMs = utilization > IDLE ? 0 : this.idleForMs + EVERY_MS;
    if (this.idleForMs < IDLE_FOR_MS) return;
    const held = process.memoryUsage().heapTotal;
    if (held - this.left >= WORTH_A_PAUSE) this.due = COLLECTIONS;
    if (this.due === 0) return;
    this.due -= 1;
    this.collectGarbage();
    this.left = process.memoryUsage().heapTotal;
    this.logger.debug({ msg: 'collected the garbage of a load', heapBytes: held, heapBytesLeft: this.left });
  }
}
