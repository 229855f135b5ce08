import type pg from 'pg';

/** The connection of a transaction, for its duration. */
export interface Transaction extends Pick<pg.ClientBase, 'query'> {
  /** Calls `notify` once the transaction has committed; never if that is unknown. It must not throw. */
  afterCommit(notify: () => void): void;
}

/**
 * Runs `work` in one transaction on a connection of the pool: the only way to borrow a connection for more than one
 * statement. A connection that broke, or whose state is unknown, is closed and not returned.
 */
export async function inTransaction<T>(pool: pg.Pool, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  const toNotify: (() => void)[] = [];
  const tx: Transaction = {
    query: client.query.bind<Transaction['query']>(client),
    afterCommit: (notify) => void toNotify.push(notify),
  };
  let broken: Error | undefined;
  const breaks = (error: Error) => (broken = error);
  client.on('error', breaks);
  try {
    await client.query('begin');
    const result = await work(tx);
    const { command } = await client.query('commit');
    // PostgreSQL answers a commit with ROLLBACK if an earlier statement failed and its error was swallowed.
    if (command === 'ROLLBACK')
      throw new Error('Expected the transaction to commit, and it was rolled back: a statement in it had failed.');
    for (const notify of toNotify) notify();
    return result;
  } catch (error) {
    if (!broken) await client.query('rollback').catch(breaks);
    throw error;
  } finally {
    client.off('error', breaks);
    client.release(broken);
  }
}
