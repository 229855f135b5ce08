import pg from 'pg';
import { SECONDS } from '../time/durations.js';

const CONNECT_WITHIN = 5 * SECONDS;
const PROBE_IDLE_AFTER = 10 * SECONDS;

/** How much longer than PostgreSQL's own limit pg waits: the error of a live server arrives first. */
export const ANSWER_GRACE = 1 * SECONDS;

export interface ConnectionChoice {
  synchronousCommit?: 'off';
  /** The time limit of a statement; half as long for a lock or an idle transaction. Omitted: none. */
  timeoutMs?: number;
  /** For statements that find their rows by an index: planned so without statistics, too, and once. */
  plans?: 'by-index';
  /** How long the server keeps an idle connection; omitted: without limit. */
  idleMs?: number;
}

export interface PoolChoice extends ConnectionChoice {
  max: number;
}

type Query = (...given: unknown[]) => unknown;

/** What PostgreSQL reports when it connects, and when it changes, before it is ready for the next statement. */
const TAKES_NO_WRITES = ['in_hot_standby', 'default_transaction_read_only'];
const REFUSED_A_WRITE = '25006';

/**
 * The only connection class for the database, in every pool. A broken connection fails its statement and never ends the
 * process by an unhandled error. A connection that does not answer in time is closed: pg would take its late answer for
 * that of the next statement.
 *
 * One to a server that takes no writes is closed when it is idle, so that none outlasts a failover: the next leads
 * where the address leads by then. Those without a time limit, which migrate, fail with the server's own words.
 */
export class Connection extends pg.Client {
  private readonly takesNoWritesBy = new Set<string>();

  constructor(options?: string | pg.ClientConfig) {
    super(options);
    this.on('error', () => undefined);
    if (typeof options === 'object' && options.query_timeout !== undefined) this.leaveFormerPrimaries();
    const query = this.query.bind(this) as Query;
    this.query = ((...given: unknown[]) => {
      const callback = given.at(-1);
      if (typeof callback === 'function')
        return query(...given.slice(0, -1), (error: unknown, result: unknown) => {
          this.note(error);
          (callback as Query)(error, result);
        });
      const answer = query(...given);
      if (answer instanceof Promise) answer.catch((error: unknown) => this.note(error));
      return answer;
    }) as typeof this.query;
  }

  private note(error: unknown): void {
    if (isSilence(error)) this.close(error);
    if (error instanceof pg.DatabaseError && error.code === REFUSED_A_WRITE) this.takesNoWritesBy.add(REFUSED_A_WRITE);
  }

  private leaveFormerPrimaries(): void {
    this.connection.on('parameterStatus', ({ parameterName, parameterValue }: ParameterStatus) => {
      if (!TAKES_NO_WRITES.includes(parameterName)) return;
      if (parameterValue === 'on') this.takesNoWritesBy.add(parameterName);
      else this.takesNoWritesBy.delete(parameterName);
    });
    this.on('drain', () => {
      if (this.takesNoWritesBy.size > 0 && this.getTransactionStatus() === 'I')
        this.close(new Error('Connection closed: its server takes no writes.'));
    });
  }

  private close(reason: Error): void {
    void this.end();
    // BullMQ's listener and the pools replace a connection on this event, not on 'end'.
    this.emit('error', reason);
  }
}

/** A message of pg's protocol. */
interface ParameterStatus {
  parameterName: string;
  parameterValue: string;
}

/** pg's message for a statement without an answer within `query_timeout`. */
export const isSilence = (error: unknown): error is Error =>
  error instanceof Error && error.message === 'Query read timeout';

/** Amounts have up to twelve digits, which a JavaScript number holds exactly. */
const getTypeParser: pg.CustomTypesConfig['getTypeParser'] = (id, format) =>
  id === pg.types.builtins.INT8 && format !== 'binary'
    ? Number
    : (pg.types.getTypeParser(id, format) as (text: string) => unknown);

/**
 * PostgreSQL assumes that tables without statistics are tiny, plans sequential scans, and keeps these plans as the
 * tables grow. And it assumes ten rows in arrays that it does not know, and so plans every smaller batch anew:
 * docs/decisions/plans-by-index.md.
 */
const BY_INDEX = {
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  plan_cache_mode: 'force_generic_plan',
};

/** Options of every connection of the service. BullMQ's functions are found through `search_path`. */
export function connectionOptions(
  url: string,
  { synchronousCommit, timeoutMs, plans, idleMs }: ConnectionChoice,
): pg.ClientConfig {
  const settings: Record<string, string | number | undefined> = {
    search_path: 'public,bullmq',
    synchronous_commit: synchronousCommit,
    idle_session_timeout: idleMs,
    ...(plans && BY_INDEX),
    // The server must detect a lost client: it holds the client's locks until then.
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

/** For a pool that a library creates, such as TypeORM's. */
export function poolOptions(url: string, { max, ...choice }: PoolChoice): pg.PoolConfig {
  return { ...connectionOptions(url, choice), max, Client: Connection };
}

export function openPool(url: string, choice: PoolChoice): pg.Pool {
  const pool = new pg.Pool(poolOptions(url, choice));
  // An idle connection that breaks is replaced at its next use; without a listener, its error would end the process.
  pool.on('error', () => undefined);
  return pool;
}
