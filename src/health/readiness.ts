import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { OperationQueue } from '../queue/operation-queue.js';

const PATIENCE_MS = 3000;

export const healthDocument = z
  .object({
    status: z.enum(['ok', 'error']),
    checks: z.record(z.string(), z.object({ status: z.enum(['ok', 'error']), message: z.string().optional() })),
  })
  .meta({ id: 'Health' });

export type Health = z.output<typeof healthDocument>;

/** Whether the process can do its work: @nestjs/terminus would say it too, but cannot be installed beside this stack. */
@Injectable()
export class Readiness {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly queue: OperationQueue,
  ) {}

  async check(): Promise<Health> {
    const checks = {
      database: await checked('The database cannot be reached.', () => this.dataSource.query('SELECT 1')),
      migrations: await checked('Tables are not up to date: restart the service, which migrates at its start.', async () => {
        if (await this.dataSource.showMigrations()) throw new Error('pending');
      }),
      queue: await checked('The queue cannot be reached.', () => this.queue.counts()),
    };
    return { status: Object.values(checks).every(({ status }) => status === 'ok') ? 'ok' : 'error', checks };
  }
}

async function checked(message: string, work: () => Promise<unknown>): Promise<Health['checks'][string]> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error('too late')), PATIENCE_MS)));
  return Promise.race([work(), tooLate])
    .then(() => ({ status: 'ok' }) as const)
    .catch(() => ({ status: 'error', message }) as const)
    .finally(() => clearTimeout(timer));
}
