import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { CONFIG, type RunningConfig } from '../../config/config.js';
import { Batcher } from '../../database/batcher.js';
import { poolOptions } from '../../database/connection.js';
import { blamesARow } from '../../database/database.js';
import type { ChargeRequest, DeclineCode } from '../payment-provider.js';

/** What the sandbox decides on a charge. A busy one turns away the first `turnsAway` requests under its key. */
export type Verdict = { outcome: 'charged' } | { outcome: 'declined'; declineCode: DeclineCode } | { outcome: 'busy'; turnsAway: number };

export interface LedgerEntry {
  idempotencyKey: string;
  reference: string;
  outcome: 'charged' | 'declined' | 'busy';
  declineCode: DeclineCode | null;
  requests: number;
}

interface Request extends ChargeRequest {
  verdict: Verdict;
}

const ENTRY = `idempotency_key AS "idempotencyKey", reference, outcome, decline_code AS "declineCode", requests`;

/**
 * Acts at most once under a key: who asks again is told what was decided. Whom it turns away at first, it charges in the end.
 * Who comes with another charge under a used key gets no row.
 */
const RECORD = `
INSERT INTO sandbox.ledger_entry AS entry
  (idempotency_key, reference, amount, currency, payment_method, outcome, decline_code, turns_away, requests, created_at)
SELECT *, 1, now() FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::integer[])
ON CONFLICT (idempotency_key) DO UPDATE SET
  requests = entry.requests + 1,
  outcome = CASE WHEN entry.outcome = 'busy' AND entry.requests >= entry.turns_away THEN 'charged' ELSE entry.outcome END
WHERE (entry.amount, entry.currency, entry.payment_method) = (excluded.amount, excluded.currency, excluded.payment_method)
RETURNING ${ENTRY}`;

/** The books of the sandbox. They have a connection of their own and commit apart from our transactions, as a remote party's would. */
@Injectable()
export class SandboxLedger implements OnApplicationShutdown {
  private readonly pool: pg.Pool;
  private readonly recording = new Batcher((requests: Request[]) => this.recordAll(requests), {
    largest: 500,
    mostWaiting: Infinity,
    keyOf: ({ idempotencyKey }) => idempotencyKey,
    blamesARow,
  });

  constructor(@Inject(CONFIG) config: RunningConfig) {
    // It need not wait for the disk: whatever we commit after its answer comes after its entry in the same write-ahead log.
    this.pool = new pg.Pool(poolOptions(config.DATABASE_URL, { max: 2, synchronousCommit: 'off' }));
    this.pool.on('error', () => undefined);
  }

  /** Undefined where the key stands for another charge. */
  record(request: ChargeRequest, verdict: Verdict): Promise<LedgerEntry | undefined> {
    return this.recording.submit({ ...request, verdict });
  }

  async find(idempotencyKey: string): Promise<LedgerEntry | undefined> {
    const { rows } = await this.pool.query<LedgerEntry>(`SELECT ${ENTRY} FROM sandbox.ledger_entry WHERE idempotency_key = $1`, [
      idempotencyKey,
    ]);
    return rows[0];
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }

  private async recordAll(requests: Request[]): Promise<(LedgerEntry | undefined)[]> {
    const column = <T>(of: (request: Request) => T) => requests.map(of);
    const values = [
      column((request) => request.idempotencyKey),
      column(() => `sb_${randomUUID()}`),
      column((request) => request.amount),
      column((request) => request.currency),
      column((request) => request.paymentMethod),
      column(({ verdict }) => verdict.outcome),
      column(({ verdict }) => (verdict.outcome === 'declined' ? verdict.declineCode : null)),
      column(({ verdict }) => (verdict.outcome === 'busy' ? verdict.turnsAway : 0)),
    ];
    const { rows } = await this.pool.query<LedgerEntry>({ name: 'sandbox-record', text: RECORD, values });
    const entries = new Map(rows.map((entry) => [entry.idempotencyKey, entry]));
    return requests.map(({ idempotencyKey }) => entries.get(idempotencyKey));
  }
}
