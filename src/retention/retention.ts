import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { NIL } from 'uuid';
import { Clock } from '../clock/clock.js';
import { CONFIG, type Config } from '../config/config.js';
import { Database } from '../database/database.js';
import { inTransaction, type Transaction } from '../database/transaction.js';
import { KindRegister } from '../operations/kinds/kind-register.js';
import { DAYS } from '../time/durations.js';
import type { RetentionAct } from './retention-due.entity.js';
import {
  ASSESS,
  COMPLETE,
  DELETE_DELIVERIES,
  DELETE_EVENTS,
  DELETE_OPERATIONS,
  DUE,
  FORGET,
  HOLD,
  MOVE_ON,
  PAGE,
  POSTPONE,
  PROGRESS,
  STRIP,
  STRIP_DELIVERIES,
} from './retention.sql.js';

/** Operations in one transaction: it holds their rows for milliseconds. */
export const BATCH = 200;
/** Between two batches, so that others get their turn at the disk. */
const PAUSE_MS = 100;

/** What is not finished, or needs a person, is looked at again. */
const AGAIN_AFTER = 1 * DAYS;
/** In case the settings become shorter meanwhile. */
const AGAIN_AT_LEAST_EVERY = 30 * DAYS;

interface Assessed {
  id: string;
  finishedAt: Date | null;
  isStripped: boolean;
  isConfirmed: boolean;
  comparedUntil: Date | null;
  isMoving: boolean;
}

/**
 * Takes the content of ended operations away, or deletes them. What is unfinished, unconfirmed or needs a person stays,
 * and by age alone nothing goes whose money may still be moved or disputed; each is looked at again later. The payment
 * ledger stays as it is. Content and remark go in one transaction, so a crash loses nothing but work.
 */
@Injectable()
export class Retention {
  constructor(
    private readonly database: Database,
    private readonly kinds: KindRegister,
    private readonly clock: Clock,
    @Inject(CONFIG.retention) private readonly config: Config['retention'],
    @Inject(CONFIG.maintenance) private readonly maintenance: Config['maintenance'],
  ) {}

  /** What was postponed, and is due now. */
  async takeDue(act: RetentionAct, stop: AbortSignal): Promise<void> {
    await this.inBatches(stop, async (tx) => {
      const { rows } = await tx.query<{ id: string }>({ ...DUE, values: [act, this.clock.now(), BATCH] });
      await this.deal(tx, act, rows.map(byId));
      return rows.length;
    });
  }

  /** Every operation that has become old enough since the last time. */
  async walk(act: 'strip' | 'delete', stop: AbortSignal): Promise<void> {
    const end = firstIdAt(new Date(this.clock.now().getTime() - this.ageFor(act)));
    await this.inBatches(stop, async (tx) => {
      const { rows: progress } = await tx.query<{ after: string }>({ ...PROGRESS, values: [act] });
      const values = [progress[0]?.after ?? NIL, end, BATCH];
      const { rows } = await tx.query<{ id: string }>({ ...PAGE, values });
      await this.deal(tx, act, rows.map(byId));
      const last = rows.at(-1);
      if (last) await tx.query({ ...MOVE_ON, values: [act, last.id] });
      return rows.length;
    });
  }

  private async inBatches(stop: AbortSignal, work: (tx: Transaction) => Promise<number>): Promise<void> {
    while (!stop.aborted) {
      if ((await inTransaction(this.database.relaxed, work)) < BATCH) return;
      await pause(PAUSE_MS, undefined, { signal: stop, ref: false }).catch(() => undefined);
    }
  }

  private async deal(tx: Transaction, act: RetentionAct, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const { rows } = await tx.query<Assessed>({ ...ASSESS, values: [ids] });
    const now = this.clock.now();
    const due = new Map(rows.map((assessed) => [assessed.id, this.dueAt(act, assessed, now)]));
    const wanted = rows.filter(
      ({ id, isStripped }) => (due.get(id) ?? now) <= now && !(isStripped && act !== 'delete'),
    );
    const { rows: held } = await tx.query<{ id: string }>({ ...HOLD, values: [wanted.map(byId)] });
    const taken = held.map(byId);
    if (taken.length > 0) await (act === 'delete' ? this.delete(tx, taken) : this.strip(tx, taken, now));
    // One that changed in between was not held.
    for (const { id } of wanted) if (!taken.includes(id)) due.set(id, this.again(act, now));
    const later = [...due].filter(([, at]) => at > now);
    await tx.query({ ...COMPLETE, values: [act, ids] });
    if (later.length === 0) return;
    await tx.query({ ...POSTPONE, values: [act, later.map(([id]) => id), later.map(([, at]) => at)] });
  }

  /** When it may go: a moment that has passed, or when it is looked at again. */
  private dueAt(act: RetentionAct, { finishedAt, isConfirmed, isMoving, comparedUntil }: Assessed, now: Date): Date {
    const again = this.again(act, now);
    if (!finishedAt || !isConfirmed) return again;
    if (act === 'erase') return now;
    if (isMoving) return again;
    const due = Math.max(finishedAt.getTime() + this.ageFor(act), comparedUntil?.getTime() ?? 0);
    // Compared until then at least: the service itself says when it no longer is.
    if (comparedUntil && due <= now.getTime()) return again;
    return new Date(Math.min(due, now.getTime() + AGAIN_AT_LEAST_EVERY));
  }

  private again(act: RetentionAct, now: Date): Date {
    return new Date(now.getTime() + (act === 'erase' ? this.maintenance.intervalMs : AGAIN_AFTER));
  }

  private ageFor(act: 'strip' | 'delete'): number {
    return act === 'strip' ? this.config.stripAfterMs : this.config.deleteAfterMs;
  }

  private async strip(tx: Transaction, ids: readonly string[], now: Date): Promise<void> {
    const kept = Object.fromEntries(this.kinds.all().map(({ name, keeps = {} }) => [name, keeps]));
    await tx.query({ ...STRIP, values: [ids, kept, now] });
    await tx.query({ ...STRIP_DELIVERIES, values: [ids] });
  }

  private async delete(tx: Transaction, ids: readonly string[]): Promise<void> {
    for (const statement of [DELETE_EVENTS, DELETE_DELIVERIES, FORGET, DELETE_OPERATIONS])
      await tx.query({ ...statement, values: [ids] });
  }
}

const byId = ({ id }: { id: string }) => id;

/** Below every UUIDv7 of that moment or later. */
function firstIdAt(moment: Date): string {
  const hex = Math.max(0, moment.getTime()).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
