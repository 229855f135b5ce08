import { Injectable } from '@nestjs/common';
import { TenantReads } from '../../database/tenant-reads.js';
import { UNFINISHED } from '../domain/operation-status.js';
import { type BucketRow, BUCKETS, DURATIONS, UNFINISHED_NOW, type UnfinishedRow } from './statistics.sql.js';

export interface CountedRange {
  tenant: string;
  from: Date;
  to: Date;
  bucketMs: number;
  /** Below the id of each operation that started since. */
  firstId: string;
}

export interface Counts {
  buckets: BucketRow[];
  durations: BucketRow['durations'];
  unfinished: UnfinishedRow[];
}

/** Counts a tenant's operations. */
@Injectable()
export class StatisticsReader {
  constructor(private readonly reads: TenantReads) {}

  count({ tenant, from, to, bucketMs, firstId }: CountedRange): Promise<Counts> {
    return this.reads.withTenant(tenant, async (manager) => {
      const length = `${bucketMs} milliseconds`;
      const buckets = await manager.query<BucketRow[]>(BUCKETS, [from, to, length, firstId, tenant]);
      const [all] = await manager.query<Pick<BucketRow, 'durations'>[]>(DURATIONS, [from, to, tenant]);
      const unfinished = await manager.query<UnfinishedRow[]>(UNFINISHED_NOW, [UNFINISHED, tenant]);
      return { buckets, durations: all?.durations ?? null, unfinished };
    });
  }
}
