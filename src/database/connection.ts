import pg from 'pg';
import { SECONDS } from '../time/durations.js';

const CONNECT_WITHIN = 5 * SECONDS;
const PROBE_IDLE_AFTER = 10 * SECONDS;

/** How long pg waits for an answer beyond PostgreSQL's own limit: if the server is alive, its error comes first. */
export const ANSWER_GRACE = 1 * SECONDS;

export interface ConnectionChoice {
  synchronousCommit?: 'off';
  /** How long a statement may take; half as long for a lock or an idle transaction. Omitted: no limit. */
  timeoutMs?: number;
  /**
   * PostgreSQL takes tables that it has no statistics of for tiny, and would read them whole, by plans that it keeps as
   * they grow.
   */
  plans?: 'by-index';
  /** How long the server keeps an idle connection open; omitted: for ever. */
  idleMs?: number;
}

export interface PoolChoice extends ConnectionChoice {
  max: number;
}

type Query = (...given: unknown[]) => unknown;

/**
 * The only class of connection to our database, for every pool. A broken connection fails its statement and never ends
 * the process for lack of a listener. One that does not answer in time is closed: pg would take its late answer for the
 * next statement's.
 */
export class Connection extends pg.Client {
  constructor(options?: string | pg.ClientConfig) {
    super(options);
    this.on('error', () => undefined);
    const query = this.query.bind(this) as Query;
    this.query = ((...given: unknown[]) => {
      const callback = given.at(-1);
      if (typeof callback === 'function')
        return query(...given.slice(0, -1), (error: unknown, result: unknown) => {
          this.closeIfSilent(error);
          (callback as Query)(error, result);
        });
      const answer = query(...given);
      if (answer instanceof Promise) answer.catch((error: unknown) => this.closeIfSilent(error));
      return answer;
    }) as typeof this.query;
  }

  private closeIfSilent(error: unknown): void {
    if (!isSilence(error)) return;
    void this.end();
    // BullMQ's listener and the pools replace a connection when it says this, and not when it ends.
    this.emit('error', error);
  }
}

/** pg's own words for a statement that has no answer within `query_timeout`. */
export const isSilence = (error: unknown): error is Error =>
  error instanceof Error && error.message === 'Query read timeout';

/** Amounts have up to twelve digits, which `bigint` holds and a number of JavaScript's too. */
const getTypeParser: pg.CustomTypesConfig['getTypeParser'] = (id, format) =>
  id === pg.types.builtins.INT8 && format !== 'binary'
    ? Number
    : (pg.types.getTypeParser(id, format) as (text: string) => unknown);

/** Options of every connection that the service makes. BullMQ's functions are found through `search_path`. */
export function connectionOptions(
  url: string,
  { synchronousCommit, timeoutMs, plans, idleMs }: ConnectionChoice,
): pg.ClientConfig {
  const settings: Record<string, string | number | undefined> = {
    search_path: 'public,bullmq',
    synchronous_commit: synchronousCommit,
    idle_session_timeout: idleMs,
    ...(plans && { enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off' }),
    // The server too has to notice that we are gone, for it holds our locks until then.
    tcp_keepalives_idle: 10,
    tcp_keepalives_interval: 5,
    tcp_keepalives_count: 3,
    ...(timeoutMs !== undefined && {
      statement_timeout: timeoutMs,
      lock_timeout: Math.ceil(timeoutMs / 2),
      idle_in_transaction_session_timeout: Math.ceil(timeoutMs / 2),
    }),
  };
  return {
    connectionString: url,
    connectionTimeoutMillis: CONNECT_WITHIN,
    keepAlive: true,
    keepAliveInitialDelayMillis: PROBE_IDLE_AFTER,
    ...(timeoutMs !== undefined && { query_timeout: timeoutMs + ANSWER_GRACE }),
    options: Object.entries(settings)
      .flatMap(([name, value]) => (value === undefined ? [] : `-c ${name}=${value}`))
      .join(' '),
    types: { getTypeParser },
  };
}

/** For a pool that a library makes, such as TypeORM. */
export function poolOptions(url: string, { max, ...choice }: PoolChoice): pg.PoolConfig {
  return { ...connectionOptions(url, choice), max, Client: Connection };
}

export function openPool(url: string, choice: PoolChoice): pg.Pool {
  const pool = new pg.Pool(poolOptions(url, choice));
  // An idle connection that breaks is replaced at its next use; without a listener it would end the process.
  pool.on('error', () => undefined);
  return pool;
}
