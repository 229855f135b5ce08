import type pg from 'pg';

const SECONDS = 1000;

export interface PoolChoice {
  max: number;
  synchronousCommit?: 'off';
}

/** Options of every connection that the service makes. BullMQ's functions are found through `search_path`. */
export function poolOptions(url: string, { max, synchronousCommit }: PoolChoice): pg.PoolConfig {
  const commit = synchronousCommit ? ` -c synchronous_commit=${synchronousCommit}` : '';
  return {
    connectionString: url,
    max,
    connectionTimeoutMillis: 5 * SECONDS,
    keepAlive: true,
    options: `-c search_path=public,bullmq${commit}`,
  };
}
