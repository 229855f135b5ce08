import { randomBytes, randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { CONFIG, type RunningConfig } from '../../../config/config.js';
import { arrayLiteral, type Element } from '../../../database/array-literal.js';
import { Batcher } from '../../../database/batcher.js';
import { openPool } from '../../../database/connection.js';
import { blamesARow } from '../../../database/database.js';
import { inTransaction, type Transaction } from '../../../database/transaction.js';
import { TerminalError } from '../../../operations/kinds/outcome.js';
import { StopsIn } from '../../../shutdown/shutdown.js';
import type { DeclineCode } from '../declines.js';
import type { ChargeRequest } from '../payment-provider.js';
import type { SandboxOutcome } from './sandbox-charge.entity.js';
import { RULES } from './sandbox-rules.js';
import {
  ANSWER,
  CANCEL,
  ENTRY_BY_REFERENCE,
  ENTRY_BY_TOKEN,
  LOCK_ENTRY,
  LOOK_UP,
  LOOK_UP_MOVEMENT,
  MOVE,
  MOVEMENTS_OF_CHARGE,
  RECORD,
  SETTLE_DUE,
  WEBHOOK_SECRET,
  WIN_DISPUTES,
} from './sandbox-ledger.sql.js';

/** The sandbox's decision on a charge. A busy one refuses the first `turnsAway` requests under its key. */
export interface Verdict {
  outcome: Exclude<SandboxOutcome, 'canceled'>;
  declineCode?: DeclineCode;
  turnsAway?: number;
  completesInMs?: number;
}

/** Amounts are in the currency's minor unit. */
export interface SandboxCharge {
  idempotencyKey: string;
  reference: string;
  paymentMethod: string;
  amount: number;
  currency: string;
  outcome: SandboxOutcome;
  declineCode: DeclineCode | null;
  requests: number;
  captured: number;
  refunded: number;
  disputed: number;
  voidedAt: Date | null;
  token: string | null;
  returnUrl: string | null;
  /** Its time has come, and it is not charged yet. */
  isDue: boolean;
}

export interface SandboxMovement {
  idempotencyKey: string;
  reference: string;
  charge: string;
  type: 'capture' | 'void' | 'refund' | 'dispute';
  amount: number;
  declineCode: DeclineCode | null;
  takenBackAt: Date | null;
}

export type MovementRequest = Pick<SandboxMovement, 'charge' | 'type'> & {
  idempotencyKey: string;
  amount: number | null;
};

const newReference = () => `sb_${randomUUID()}`;

const SHARED = { largest: 500, mostWaiting: Infinity, blamesARow };

type By = { idempotencyKey: string } | { reference: string } | { token: string };

interface Request extends ChargeRequest {
  verdict: Verdict;
}

/** The sandbox's ledger, on connections of its own: it commits apart from our transactions, as a remote party would. */
@Injectable()
@StopsIn('connections')
export class SandboxLedger {
  private readonly pool: pg.Pool;
  private readonly recording = new Batcher((requests: Request[]) => this.recordAll(requests), {
    ...SHARED,
    keyOf: ({ idempotencyKey }: Request) => idempotencyKey,
  });
  private readonly lookUps = new Batcher((keys: string[]) => this.findAll(keys), SHARED);

  constructor(@Inject(CONFIG.database) { url, timeoutMs }: Pick<RunningConfig['database'], 'url' | 'timeoutMs'>) {
    this.pool = openPool(url, { max: 2, timeoutMs, plans: 'by-index' });
  }

  /** Undefined if the key belongs to another charge. */
  record(request: ChargeRequest, verdict: Verdict): Promise<SandboxCharge | undefined> {
    return this.recording.submit({ verdict, ...request });
  }

  async find(by: By): Promise<SandboxCharge | undefined> {
    const entry = await this.read(by);
    if (!entry?.isDue) return entry;
    await this.pool.query({ ...SETTLE_DUE, values: [entry.idempotencyKey] });
    return this.read(by);
  }

  async findMovement(idempotencyKey: string): Promise<SandboxMovement | undefined> {
    return (await this.pool.query<SandboxMovement>({ ...LOOK_UP_MOVEMENT, values: [idempotencyKey] })).rows[0];
  }

  /** Movements of a charge, oldest first. */
  async movementsOf(charge: string): Promise<SandboxMovement[]> {
    return (await this.pool.query<SandboxMovement>({ ...MOVEMENTS_OF_CHARGE, values: [charge] })).rows;
  }

  /** Returns false if there was no dispute to win. */
  async winDisputes(charge: string): Promise<boolean> {
    return (await this.pool.query({ ...WIN_DISPUTES, values: [charge] })).rowCount === 1;
  }

  async webhookSecret(): Promise<string> {
    const { rows } = await this.pool.query<{ secret: string }>(WEBHOOK_SECRET);
    if (!rows[0])
      throw new Error(
        'Expected the secret that the sandbox signs with in sandbox.webhook_secret, found none: insert one.',
      );
    return rows[0].secret;
  }

  /**
   * Captures, voids, refunds or disputes, once under a key, within what is left. Locks the charge meanwhile.
   * @returns undefined if the key belongs to something else. @throws TerminalError if there is no such charge.
   */
  move(request: MovementRequest): Promise<SandboxMovement | undefined> {
    return inTransaction(this.pool, (client) => this.moveWithin(client, request));
  }

  /** Records the customer's answer. Undefined if the charge awaits none. */
  async answer(token: string, isApproved: boolean): Promise<SandboxCharge | undefined> {
    return (await this.pool.query<SandboxCharge>({ ...ANSWER, values: [token, isApproved] })).rows[0];
  }

  /** Cancels a charge that has not taken effect or not arrived; `lieMs`: charges it all the same after that time. */
  async cancel(idempotencyKey: string, lieMs: number | null): Promise<SandboxCharge> {
    const values = [idempotencyKey, newReference(), lieMs];
    const { rows } = await this.pool.query<SandboxCharge>({ ...CANCEL, values });
    if (!rows[0]) throw new Error(`Expected the charge ${idempotencyKey}, which was canceled; found none.`);
    return rows[0];
  }

  async stop(): Promise<void> {
    await Promise.all([this.recording.drained(), this.lookUps.drained()]);
    await this.pool.end();
  }

  private async moveWithin(
    client: Transaction,
    { idempotencyKey, charge, type, amount: wanted }: MovementRequest,
  ): Promise<SandboxMovement | undefined> {
    const { rows } = await client.query<SandboxCharge>({ ...LOCK_ENTRY, values: [charge] });
    const [entry] = rows;
    if (!entry) throw new TerminalError('provider_refused', `The sandbox has no charge ${charge}.`);
    const amount = wanted ?? entry.amount;
    const [earlier] = (await client.query<SandboxMovement>({ ...LOOK_UP_MOVEMENT, values: [idempotencyKey] })).rows;
    if (earlier)
      return earlier.charge === charge && earlier.type === type && earlier.amount === amount ? earlier : undefined;
    const values = [idempotencyKey, `sbm_${randomUUID()}`, charge, type, amount, RULES[type](entry, amount) ?? null];
    return (await client.query<SandboxMovement>({ ...MOVE, values })).rows[0];
  }

  private async read(by: By): Promise<SandboxCharge | undefined> {
    if ('idempotencyKey' in by) return this.lookUps.submit(by.idempotencyKey);
    const [statement, value] = 'reference' in by ? [ENTRY_BY_REFERENCE, by.reference] : [ENTRY_BY_TOKEN, by.token];
    return (await this.pool.query<SandboxCharge>({ ...statement, values: [value] })).rows[0];
  }

  private async findAll(keys: string[]): Promise<(SandboxCharge | undefined)[]> {
    const { rows } = await this.pool.query<SandboxCharge & { asked: string }>({ ...LOOK_UP, values: [keys] });
    const entries = new Map(rows.map(({ asked, ...entry }) => [asked, entry]));
    return keys.map((key) => {
      const entry = entries.get(key);
      if (!entry) throw new Error(`Expected what became of the charge ${key}, found no answer about it.`);
      return entry.idempotencyKey === null ? undefined : entry;
    });
  }

  private async recordAll(requests: Request[]): Promise<(SandboxCharge | undefined)[]> {
    const column = (of: (request: Request) => Element) => arrayLiteral(requests.map(of));
    const values = [
      column((request) => request.idempotencyKey),
      column(newReference),
      column((request) => request.amount),
      column((request) => request.currency),
      column((request) => request.paymentMethod),
      column(({ verdict }) => verdict.outcome),
      column(({ verdict }) => verdict.declineCode ?? null),
      column(({ verdict }) => verdict.turnsAway ?? 0),
      column((request) => request.capture),
      column(({ verdict }) => (verdict.outcome === 'waiting' ? randomBytes(16).toString('hex') : null)),
      column((request) => request.returnUrl ?? null),
      column(({ verdict }) => verdict.completesInMs ?? null),
    ];
    const { rows } = await this.pool.query<SandboxCharge>({ ...RECORD, values });
    const entries = new Map(rows.map((entry) => [entry.idempotencyKey, entry]));
    return requests.map(({ idempotencyKey }) => entries.get(idempotencyKey));
  }
}
