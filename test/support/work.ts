import type { Worker } from 'bullmq';
import { z } from 'zod';
import { KindRegister } from '../../src/operations/kinds/kind-register.js';
import type { Execution, Inquiry } from '../../src/operations/kinds/operation-kind.js';
import type { LookUp, Outcome } from '../../src/operations/kinds/outcome.js';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import { OperationProcessor } from '../../src/operations/execution/operation.processor.js';
import { JobReassignment } from '../../src/operations/persistence/job-reassignment.js';
import { WorkerLease } from '../../src/operations/persistence/worker-lease.js';
import { OPERATION_QUEUE } from '../../src/operations/jobs/operation-queue.js';
import { eventually, type Service } from './service.js';

const anything = z.looseObject({});

export interface Work {
  execute(execution: Execution<Record<string, unknown>>): Promise<Outcome>;
  lookUp?(inquiry: Inquiry<Record<string, unknown>>): Promise<LookUp>;
}

/** Adds a kind to running services, with the test's own work. */
export function teach(services: Service | Service[], name: string, handler: Work, timeLimitMs = 60_000): void {
  const kind = { name, summary: 'Of a test', input: anything, result: anything, timeLimitMs, examples: {}, handler };
  for (const { outcome } of [services].flat()) outcome.app.get(KindRegister, { strict: false }).add(kind);
}

/** Resolves with the operation once it matches, checked at each event. Fails if it ends before. */
export async function operationOnce(
  service: Service,
  id: string,
  looksLikeThat: (operation: OperationView) => boolean,
): Promise<OperationView> {
  let { body, headers } = await service.get(`/api/operations/${id}`);
  while (!looksLikeThat(body)) {
    if (body.done) throw new Error(`Operation ${id} has ended as ${body.status} before it looked as expected.`);
    const next = await service.get(`/api/operations/${id}`, {
      Prefer: 'wait=5',
      'If-None-Match': headers.get('etag') ?? '',
    });
    if (next.status === 200) ({ body, headers } = next);
  }
  return body;
}

export interface JobRow {
  id: string;
  state: string;
  data: { operationIds: string[] };
  failed_reason: string | null;
  attempts_made: number;
}

/** The queue's own table. */
export async function jobs({ database }: Service): Promise<JobRow[]> {
  const { rows } = await database.client.query<JobRow>('SELECT * FROM bullmq.job WHERE queue = $1 ORDER BY seq', [
    OPERATION_QUEUE.name,
  ]);
  return rows;
}

/**
 * Simulates a crash: leases and locks of running jobs have expired, BullMQ has checked once, and no worker renews them.
 * This service's worker checks again at once.
 */
export async function loseWorkers({ database, outcome }: Service): Promise<void> {
  // In one statement, so that no job is lost as well which a rescue adds.
  const { rows } = await database.client.query<{ lost: number }>(
    `WITH lease AS (
       UPDATE worker_lease SET held_until = now() - interval '1 ms'
       WHERE id IN (SELECT job_id FROM operation WHERE status = 'processing') RETURNING 1
     ), job AS (
       UPDATE bullmq.job SET lock_token = 'of a lost worker', locked_until_ms = 0, stalled_marked = true
       WHERE queue = $1 AND state = 'active' RETURNING 1
     )
     SELECT ((SELECT count(*) FROM lease) + (SELECT count(*) FROM job))::int AS lost`,
    [OPERATION_QUEUE.name],
  );
  // A process may have rescued them meanwhile.
  await outcome.app.get(JobReassignment, { strict: false }).rescueFromLostWorkers();
  // A new lease for operations accepted from now on.
  await outcome.app.get(WorkerLease, { strict: false }).renew();
  if (!rows[0]?.lost) throw new Error('Expected a worker to be at an operation, found none.');
  await database.client.query(`DELETE FROM bullmq.meta WHERE queue = $1 AND field = 'stalled-check'`, [
    OPERATION_QUEUE.name,
  ]);
  const processor = outcome.app.get<OperationProcessor, { worker: Worker }>(OperationProcessor, { strict: false });
  await processor.worker.startStalledCheckTimer();
}

/** Sets the operation's deadline to the past. */
export async function passDeadline({ database }: Service, id: string): Promise<void> {
  await database.client.query(`UPDATE operation SET expires_at = now() - interval '1 ms' WHERE id = $1`, [id]);
}

export interface Stored {
  status: string;
  version: number;
  fence: number;
  attempts: number;
  job_id: string;
}

export async function stored({ database }: Service, id: string): Promise<Stored | undefined> {
  const { rows } = await database.client.query<Stored>(
    'SELECT status, version, fence, attempts, job_id FROM operation WHERE id = $1',
    [id],
  );
  return rows[0];
}

/** The types of each operation's events, in order. */
export async function storedHistories({
  database,
}: Service): Promise<Map<string, { versions: number[]; types: string[] }>> {
  const { rows } = await database.client.query<{ id: string; versions: number[]; types: string[] }>(
    `SELECT operation_id AS id, array_agg(version ORDER BY version) AS versions, array_agg(type
      ORDER BY version) AS types
     FROM operation_event GROUP BY operation_id`,
  );
  return new Map(rows.map(({ id, ...history }) => [id, history]));
}

const ENDINGS = new Set(['operation.succeeded', 'operation.failed', 'operation.canceled', 'operation.expired']);

/** Checks that each operation has ended once, with its last event, and that no history has a gap. */
export async function expectOneEndingEach(service: Service, ids: readonly string[]): Promise<void> {
  const { rows } = await service.database.client.query<{ id: string; version: number }>(
    'SELECT id, version FROM operation WHERE id = ANY($1)',
    [ids],
  );
  const versionsOf = new Map(rows.map(({ id, version }) => [id, version]));
  const histories = await storedHistories(service);
  for (const id of ids) {
    const { versions, types } = histories.get(id) ?? { versions: [], types: [] };
    expect(versions).toEqual(versions.map((_, at) => at + 1));
    expect(types.map((type) => ENDINGS.has(type))).toEqual(types.map((_, at) => at === types.length - 1));
    expect(versionsOf.get(id)).toBe(versions.length);
  }
}

/**
 * Waits until every operation has ended, in any process; then checks that each has ended once, without a gap in its
 * history.
 */
export async function expectAllEnded(service: Service, ids: readonly string[], withinMs = 60_000): Promise<void> {
  await eventually(async () => {
    const { rows } = await service.database.client.query<{ left: number }>(
      'SELECT count(*)::int AS left FROM operation WHERE id = ANY($1) AND finished_at IS NULL',
      [ids],
    );
    return rows[0]?.left === 0;
  }, withinMs);
  await expectOneEndingEach(service, ids);
}

/** How often the provider took money, by its own records. */
export async function chargesOf({ database }: Service, ids: readonly string[]): Promise<number> {
  const { rowCount } = await database.client.query(
    `SELECT FROM sandbox.charge WHERE idempotency_key = ANY($1) AND outcome = 'charged'`,
    [ids],
  );
  return rowCount ?? 0;
}
