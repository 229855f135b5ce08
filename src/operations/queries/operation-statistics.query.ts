import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { Clock } from '../../clock/clock.js';
import { ENDINGS, UNFINISHED } from '../domain/operation-status.js';
import { StatisticsReader } from '../persistence/statistics.reader.js';
import type { BucketRow } from '../persistence/statistics.sql.js';
import { MINUTES, SECONDS } from '../../time/durations.js';

const MOST_BUCKETS = 60;

const count = z.int().min(0);
const duration = (share: string) =>
  z
    .number()
    .nullable()
    .meta({ description: `Milliseconds from start to end of which ${share} of those that ended stayed below.` });

export const operationStatistics = z
  .object({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    bucketSeconds: z.int(),
    p50Ms: duration('half'),
    p99Ms: duration('99 %'),
    buckets: z.array(
      z.object({
        at: z.iso.datetime().meta({ description: 'When it begins.' }),
        started: count,
        ended: z.object({ success: count, failed: count, canceled: count, expired: count }),
        p50Ms: duration('half'),
        p99Ms: duration('99 %'),
      }),
    ),
    unfinished: z
      .object({ pending: count, processing: count, requires_action: count, reconciling: count })
      .meta({ description: 'Now, whenever they started.' }),
  })
  .meta({
    id: 'OperationStatistics',
    description: 'How many operations started and ended over the last minutes, and how long they took.',
  });

export type OperationStatistics = z.output<typeof operationStatistics>;
type Bucket = OperationStatistics['buckets'][number];

export class GetOperationStatistics extends Query<OperationStatistics> {
  constructor(
    readonly tenant: string,
    readonly minutes: number,
  ) {
    super();
  }
}

@QueryHandler(GetOperationStatistics)
export class GetOperationStatisticsHandler implements IQueryHandler<GetOperationStatistics> {
  constructor(
    private readonly statistics: StatisticsReader,
    private readonly clock: Clock,
  ) {}

  async execute({ tenant, minutes }: GetOperationStatistics): Promise<OperationStatistics> {
    const bucketMs = Math.ceil((minutes * 60) / MOST_BUCKETS) * SECONDS;
    const to = new Date(Math.ceil(this.clock.now().getTime() / bucketMs) * bucketMs);
    const from = new Date(to.getTime() - minutes * MINUTES);
    const range = { tenant, from, to, bucketMs, firstId: firstIdOf(from) };
    const { buckets, durations, unfinished: now } = await this.statistics.count(range);
    const unfinished = Object.fromEntries(
      UNFINISHED.map((status) => [status, now.find((row) => row.status === status)?.count ?? 0]),
    );
    return {
      from: from.toISOString(),
      to: to.toISOString(),
      bucketSeconds: bucketMs / SECONDS,
      ...percentilesOf(durations),
      buckets: buckets.map(bucketOf),
      unfinished: unfinished as OperationStatistics['unfinished'],
    };
  }
}

function bucketOf({ at, started, durations, ...endings }: BucketRow): Bucket {
  const ended = Object.fromEntries(ENDINGS.map((status) => [status, endings[status] ?? 0])) as Bucket['ended'];
  return { at: at.toISOString(), started: started ?? 0, ended, ...percentilesOf(durations) };
}

function percentilesOf(durations: BucketRow['durations']): Pick<Bucket, 'p50Ms' | 'p99Ms'> {
  const [p50Ms = null, p99Ms = null] = durations ?? [];
  return { p50Ms, p99Ms };
}

/** Below every id of an operation that started then or later: ids use the clock that sets created_at. */
const firstIdOf = (time: Date) => uuidv7({ msecs: time.getTime(), seq: 0, random: new Uint8Array(16) });
