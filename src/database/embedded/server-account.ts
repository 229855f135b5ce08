import { stat } from 'node:fs/promises';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { type Account, run } from './run-program.js';

const candidates = ['postgres', '_postgres', 'nobody'];

export const isRoot = (): boolean => process.getuid?.() === 0;

async function idOf(flag: '-u' | '-g', name: string): Promise<number | undefined> {
  const { code, output } = await run('id', [flag, name]);
  return code === 0 ? Number(output) : undefined;
}

/**
 * The account for a new cluster: our own (undefined), or, as PostgreSQL refuses root, a usual account for PostgreSQL.
 */
export async function accountForNewCluster(): Promise<Account | undefined> {
  if (!isRoot()) return undefined;
  for (const name of candidates) {
    const [uid, gid] = await Promise.all([idOf('-u', name), idOf('-g', name)]);
    if (uid && gid !== undefined) return assertUsable({ name, uid, gid });
  }
  throw new EmbeddedPostgresError(
    `PostgreSQL refuses to run as root, and none of the users ${candidates.join(', ')} exists here. Add one ` +
      '(useradd postgres), start Outcome as an ordinary user, or set DATABASE_URL.',
  );
}

/** The account for an existing cluster: PostgreSQL requires the owner of its folder. */
export async function accountOf(pgdata: string): Promise<Account | undefined> {
  const { uid, gid } = await stat(pgdata);
  const self = process.getuid?.();
  if (self === undefined || (uid === self && self !== 0)) return undefined;
  if (self !== 0) {
    throw new EmbeddedPostgresError(
      `The database in ${pgdata} belongs to the user with id ${uid}, and Outcome runs as ${self}. Start it as ` +
        'that user or as root, or choose another DATA_DIR.',
    );
  }
  if (uid === 0) {
    throw new EmbeddedPostgresError(
      `The database in ${pgdata} belongs to root, and PostgreSQL refuses to run as root. Give it to an ` +
        'ordinary user (chown -R postgres), or choose another DATA_DIR.',
    );
  }
  return assertUsable({ name: `user ${uid}`, uid, gid });
}

export async function canEnter(account: Account, folder: string): Promise<boolean> {
  const { code } = await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { as: account });
  return code === 0;
}

// A container may have withdrawn root's right to switch accounts.
async function assertUsable(account: Account): Promise<Account> {
  const { code, output } = await run('/bin/sh', ['-c', 'exit 0'], { as: account });
  if (code === 0) return account;
  throw new EmbeddedPostgresError(
    `PostgreSQL refuses to run as root, and this process may not act as ${account.name} (${output}). Start ` +
      'Outcome as an ordinary user, or set DATABASE_URL.',
  );
}
