import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import type pg from 'pg';
import { Connection, connectionOptions } from '../connection.js';
import { blaming } from '../database-unusable.js';
import { HOT, QUERY, type ServingRole, ServingRolesUnusable, WORK } from './serving-roles.js';

/** Where the database is, as the environment says. */
export interface GivenAddresses {
  /** Of the user that migrates. */
  url: string;
  /** The same past a pooler. */
  directUrl: string;
  /** Of logins that were made by hand. */
  hotUrl?: string | undefined;
  queryUrl?: string | undefined;
  /** The name of the connections. */
  application?: string;
}

/** Where the service connects to: never as the user that migrates. */
export interface ServingAddresses {
  url: string;
  directUrl: string;
  queryUrl: string;
}

/** The setting with the address past a pooler. */
export const directSetting = (url: string, directUrl: string): string =>
  directUrl === url ? 'DATABASE_URL' : 'DATABASE_DIRECT_URL';

/** Any number, the same in every process: logins of one database are made by one at a time. */
const LOCK = 7_305_004;

const INVALID_PASSWORD = '28P01';

/** One a database, since two databases of one server may have different owners. */
const loginFor = (role: ServingRole, database: string) =>
  `${role}_${createHash('sha256').update(database).digest('hex').slice(0, 12)}`;

/** Both logins of a database, for what drops it. */
export const loginsOf = (database: string): string[] => [loginFor(HOT, database), loginFor(QUERY, database)];

/**
 * The addresses to serve with: those given, or those of logins that it makes. Their passwords are derived from that of
 * DATABASE_URL, so that all processes with that setting know them.
 * @throws ServingRolesUnusable also if a login could see or do more than its role
 * @throws DatabaseUnusable
 */
export async function servingAddresses(given: GivenAddresses): Promise<ServingAddresses> {
  const addresses = await addressesOf(given);
  const { application } = given;
  if (!application) return addresses;
  const named = (url: string) => {
    const address = new URL(url);
    address.searchParams.set('application_name', application);
    return address.toString();
  };
  return { url: named(addresses.url), directUrl: named(addresses.directUrl), queryUrl: named(addresses.queryUrl) };
}

async function addressesOf({ url, directUrl, hotUrl, queryUrl }: GivenAddresses): Promise<ServingAddresses> {
  const direct = directSetting(url, directUrl);
  if (hotUrl && queryUrl) {
    const addresses = { url: hotUrl, directUrl: withLogin(directUrl, loginOf(hotUrl)), queryUrl };
    await expectSafeLogin(hotUrl, HOT, 'DATABASE_URL_HOT');
    if (addresses.directUrl !== hotUrl)
      await expectSafeLogin(addresses.directUrl, HOT, direct, `DATABASE_URL_HOT at the address of ${direct}`);
    await expectSafeLogin(queryUrl, QUERY, 'DATABASE_URL_QUERY');
    return addresses;
  }
  const secret = loginOf(url).password;
  if (!secret)
    throw ServingRolesUnusable.cannotMake('them', 'DATABASE_URL', 'that address has no password to derive theirs from');
  const [hot, query] = await makeLogins(directUrl, secret, direct).catch((error: unknown) => {
    throw blaming(direct, error);
  });
  const addresses = {
    url: withLogin(url, hot),
    directUrl: withLogin(directUrl, hot),
    queryUrl: withLogin(url, query),
  };
  await expectSafeLogin(addresses.url, HOT, 'DATABASE_URL');
  if (directUrl !== url) await expectSafeLogin(addresses.directUrl, HOT, direct);
  await expectSafeLogin(addresses.queryUrl, QUERY, 'DATABASE_URL');
  return addresses;
}

interface Login {
  username: string;
  password: string;
}

/** pg takes both from the query of an address as well, and prefers that. */
function loginOf(address: string): Login {
  const { username, password, searchParams } = new URL(address);
  return {
    username: searchParams.get('user') ?? decodeURIComponent(username),
    password: searchParams.get('password') ?? decodeURIComponent(password),
  };
}

function withLogin(address: string, { username, password }: Login): string {
  const url = new URL(address);
  for (const name of ['user', 'password']) if (url.searchParams.has(name)) url.searchParams.delete(name);
  if (url.host) Object.assign(url, { username: encodeURIComponent(username), password: encodeURIComponent(password) });
  else for (const [name, value] of Object.entries({ user: username, password })) url.searchParams.set(name, value);
  return url.toString();
}

async function makeLogins(directUrl: string, secret: string, setting: string): Promise<[Login, Login]> {
  const admin = new Connection(connectionOptions(directUrl, {}));
  await admin.connect();
  try {
    await admin.query('SELECT pg_advisory_lock($1)', [LOCK]);
    const { rows } = await admin.query<{ database: string }>('SELECT current_database() AS database');
    const logins: Login[] = [];
    for (const role of [HOT, QUERY] as const) {
      const username = loginFor(role, rows[0]?.database ?? '');
      const password = createHmac('sha256', secret).update(`outcome login ${username}`).digest('base64url');
      await makeLogin(admin, role, { username, password }, directUrl).catch((error: unknown) => {
        if ((error as pg.DatabaseError).code !== '42501') throw error;
        throw ServingRolesUnusable.cannotMake(`the login ${username}`, setting, (error as Error).message);
      });
      logins.push({ username, password });
    }
    return logins as [Login, Login];
  } finally {
    await admin.end();
  }
}

async function makeLogin(admin: Connection, role: ServingRole, login: Login, directUrl: string): Promise<void> {
  const { username, password } = login;
  const { rows } = await admin.query<{ isMember: boolean }>(
    `SELECT pg_has_role(oid, $2, 'USAGE') AS "isMember" FROM pg_roles WHERE rolname = $1`,
    [username, role],
  );
  if (!rows[0]) await admin.query(`CREATE ROLE ${username} LOGIN PASSWORD '${verifierOf(password)}'`);
  if (!rows[0]?.isMember) await admin.query(`GRANT ${role} TO ${username}`);
  if (!(await isPassword(withLogin(directUrl, login))))
    await admin.query(`ALTER ROLE ${username} PASSWORD '${verifierOf(password)}'`);
}

/** False where the password of DATABASE_URL has changed since. */
async function isPassword(url: string): Promise<boolean> {
  const connection = new Connection(connectionOptions(url, {}));
  try {
    await connection.connect();
    return true;
  } catch (error) {
    if ((error as pg.DatabaseError).code !== INVALID_PASSWORD) throw error;
    return false;
  } finally {
    await connection.end().catch(() => undefined);
  }
}

/** As PostgreSQL stores a password (RFC 5803), so that the password itself is in no statement, and in no log. */
function verifierOf(password: string): string {
  const iterations = 4096;
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const keyOf = (name: string) => createHmac('sha256', salted).update(name).digest();
  const stored = createHash('sha256').update(keyOf('Client Key')).digest('base64');
  const server = keyOf('Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${server}`;
}

/** MEMBER: what it could become by SET ROLE counts, too. */
const WHO = `
SELECT pg_has_role($1, 'USAGE') AS "isMember",
  EXISTS (SELECT FROM pg_roles WHERE rolsuper AND pg_has_role(oid, 'MEMBER')) AS "isSuperuser",
  EXISTS (SELECT FROM pg_roles WHERE rolbypassrls AND pg_has_role(oid, 'MEMBER')) AS "bypassesPolicies",
  pg_has_role($2, 'MEMBER') AS "isOfBoth",
  pg_has_role($3, 'MEMBER') AS "isOfWork",
  EXISTS (
    SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname IN ('public', 'sandbox', 'bullmq') AND pg_has_role(relowner, 'MEMBER')
  ) AS "isOwner",
  EXISTS (
    SELECT FROM pg_settings
    WHERE name = 'default_transaction_read_only' AND setting = 'on' AND source IN ('user', 'database user')
  ) AS "isReadOnly"`;

interface Who {
  isMember: boolean;
  isSuperuser: boolean;
  bypassesPolicies: boolean;
  isOwner: boolean;
  isOfBoth: boolean;
  isOfWork: boolean;
  isReadOnly: boolean;
}

/**
 * A pooler may log in as somebody else, so each address is asked who it is there.
 *
 * @param setting the one with the address
 * @param place where the login comes from, if that is another one
 */
async function expectSafeLogin(url: string, role: ServingRole, setting: string, place = setting): Promise<void> {
  const connection = new Connection(connectionOptions(url, {}));
  const refuse = (reason: string) => ServingRolesUnusable.because(place, loginOf(url).username, reason);
  try {
    await connection.connect();
  } catch (error) {
    // 28: refused; 08P01: what PgBouncer answers for a user that its list does not have.
    if (/^(28|08P01)/.test((error as pg.DatabaseError).code ?? ''))
      throw refuse(`cannot log in: ${(error as Error).message}`);
    throw blaming(setting, error);
  }
  try {
    const who = await connection.query<Who>(WHO, [role, role === HOT ? QUERY : HOT, WORK]).then(
      ({ rows }) => rows[0] as Who,
      (error: unknown) => {
        throw blaming(setting, error);
      },
    );
    if (who.isSuperuser) throw refuse('is a superuser, or may become one: no policy would bind it');
    if (who.bypassesPolicies) throw refuse('has BYPASSRLS, or may get it: no policy would bind it');
    if (who.isOwner) throw refuse('owns tables of the service, and so could switch their policies off');
    if (!who.isMember) throw refuse(`is no member of ${role}`);
    if (who.isOfBoth) throw refuse(`is a member of both ${HOT} and ${QUERY}`);
    if (who.isOfWork) throw refuse(`is a member of ${WORK}, whose rights are those of functions alone`);
    if (who.isReadOnly)
      throw refuse('has default_transaction_read_only, by which the service knows a server that takes no writes');
  } finally {
    await connection.end();
  }
}
