import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { Database } from '../../src/database/database.js';
import { migrate } from '../../src/database/migrate.js';
import { HOT, QUERY, ServingRolesUnusable, WORK } from '../../src/database/roles/serving-roles.js';
import { loginsOf, servingAddresses } from '../../src/database/roles/serving-logins.js';
import { applicationOf } from '../../src/database/statement.js';
import { STATEMENTS } from '../../src/statements.js';
import { createDatabase, EMPTY, inDatabase, onServer, type TestDatabase } from '../support/databases.js';
import { Service } from '../support/service.js';
import { dataFolder, ServiceProcess } from '../support/service-process.js';

const PASSWORD = 'Secret0';

let database: TestDatabase;
let server: string;
let roles: string[];
beforeEach(async () => {
  database = await createDatabase();
  server = inDatabase(database.url, 'postgres');
  roles = [];
});
afterEach(async () => {
  await database.drop();
  for (const role of roles) await onServer(server, `DROP ROLE ${role}`);
});

/** A role of this test. @returns its address of the database */
async function login(attributes = ''): Promise<{ name: string; url: string }> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(server, `CREATE ROLE ${name} LOGIN PASSWORD '${PASSWORD}' ${attributes}`);
  roles.push(name);
  return { name, url: Object.assign(new URL(database.url), { username: name, password: PASSWORD }).toString() };
}

/** A database that belongs to a role which is no superuser. */
async function owned(attributes = ''): Promise<{ name: string; url: string }> {
  await database.drop();
  database = await createDatabase(EMPTY);
  const owner = await login(attributes);
  await database.client.query(`ALTER DATABASE ${nameOf(database)} OWNER TO ${owner.name}`);
  return owner;
}

const nameOf = ({ url }: TestDatabase) => new URL(url).pathname.slice(1);

const start = (env: Record<string, string>) => Service.start(env, database);

/** Which users of the database are connected, but for the test's. */
const users = async (service: Service): Promise<string[]> => {
  const { rows } = await service.outcome.app.get(Database, { strict: false }).durable.query<{ name: string }>(
    `SELECT DISTINCT usename::text AS name FROM pg_stat_activity
         WHERE datname = current_database() AND usename IS NOT NULL
         AND pid <> ALL ($1) ORDER BY 1`,
    [[(database.client as unknown as { processID: number }).processID]],
  );
  return rows.map(({ name }) => name);
};

const worksWith = async (env: Record<string, string>, logins: string[]) => {
  const service = await start(env);
  try {
    const { id } = await service.charge();
    expect((await service.ending(id)).status).toBe('success');
    const { body } = await service.get<{ items: { id: string }[] }>('/api/operations');
    expect(body.items.map((item) => item.id)).toEqual([id]);
    expect((await service.get(`/api/payments/${id}`)).status).toBe(200);
    expect(await users(service)).toEqual(logins);
  } finally {
    await service.stop();
  }
};

test('every connection of the service is of one of its two logins', async () => {
  await worksWith({ AUTH_MODE: 'open' }, loginsOf(nameOf(database)));
});

test('a process does not keep what only other versions need, unless it is one of them', async () => {
  const grant = () => database.client.query(`GRANT SELECT ON operation TO ${HOT}`);
  const isKept = async () => {
    await migrate(database.url, STATEMENTS);
    const { rows } = await database.client.query<{ kept: boolean }>(
      `SELECT has_table_privilege($1, 'operation', 'SELECT') AS kept`,
      [HOT],
    );
    return rows[0]?.kept;
  };
  const service = await start({});
  await grant();
  expect(await isKept()).toBe(false);
  const application = applicationOf(STATEMENTS.slice(1));
  const other = new pg.Client(
    (await servingAddresses({ url: database.url, directUrl: database.url, application })).url,
  );
  await other.connect();
  await grant();
  expect(await isKept()).toBe(true);
  await other.end();
  expect(await isKept()).toBe(false);
  await service.stop();
});

test('on the embedded server, too', async () => {
  const folder = await dataFolder();
  try {
    const service = await Service.start({ DATABASE_URL: '', DATA_DIR: folder.path }, database);
    const { id } = await service.charge();
    expect((await service.ending(id)).status).toBe('success');
    const { rows } = await service.outcome.app.get(Database, { strict: false }).durable.query<{ name: string }>(
      `SELECT DISTINCT usename::text AS name FROM pg_stat_activity
         WHERE datname = current_database() AND usename IS NOT NULL ORDER BY 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual(loginsOf('outcome'));
    await service.stop();
  } finally {
    await folder.remove();
  }
});

test('an owner that may create roles is enough', async () => {
  const owner = await owned('CREATEROLE');
  await onServer(server, `GRANT ${HOT}, ${QUERY}, ${WORK} TO ${owner.name} WITH ADMIN OPTION`);
  await worksWith({ DATABASE_URL: owner.url }, loginsOf(nameOf(database)));
  for (const name of loginsOf(nameOf(database))) await onServer(server, `DROP ROLE ${name}`);
});

test('an owner that may not create roles needs logins that were made by hand', async () => {
  const owner = await owned(`IN ROLE ${WORK}`);
  const [hot, query] = [await login(`IN ROLE ${HOT}`), await login(`IN ROLE ${QUERY}`)];
  const env = { DATABASE_URL: owner.url, DATABASE_URL_HOT: hot.url, DATABASE_URL_QUERY: query.url };
  await worksWith(env, [hot.name, query.name].sort());
});

test('the passwords of the logins follow that of DATABASE_URL', async () => {
  const [one, other] = [await login('SUPERUSER'), await login('SUPERUSER')];
  await onServer(server, `ALTER ROLE ${other.name} PASSWORD 'Secret1'`);
  const changed = Object.assign(new URL(other.url), { password: 'Secret1' }).toString();
  const first = await servingAddresses({ url: one.url, directUrl: one.url });
  const second = await servingAddresses({ url: changed, directUrl: changed });
  expect(second.url).not.toBe(first.url);
  expect(await servingAddresses({ url: one.url, directUrl: one.url })).toEqual(first);
});

describe('a start is refused', () => {
  const refusal = async (env: Record<string, string>): Promise<string> => {
    const outcome = await start(env).catch((error: unknown) => error);
    if (outcome instanceof Service) await outcome.stop();
    expect(outcome).toBeInstanceOf(ServingRolesUnusable);
    const { message } = outcome as Error;
    expect(message).toMatch(/docs\/access\.md, "Roles of the database"/);
    expect(message).not.toContain(PASSWORD);
    return message;
  };

  test.each([
    ['a superuser', 'SUPERUSER', /^The login \w+ of DATABASE_URL_\w+ is a superuser/],
    ['a role that bypasses policies', 'BYPASSRLS', /^The login \w+ of DATABASE_URL_\w+ has BYPASSRLS/],
    ['a role that has no part in the service’s', '', /^The login \w+ of DATABASE_URL_\w+ is no member of outcome_/],
  ])('with %s', async (_, attributes, reason) => {
    const [wrong, hot, query] = [
      await login(attributes),
      await login(`IN ROLE ${HOT}`),
      await login(`IN ROLE ${QUERY}`),
    ];
    if (attributes) await onServer(server, `GRANT ${HOT} TO ${wrong.name}`);
    expect(await refusal({ DATABASE_URL_HOT: wrong.url, DATABASE_URL_QUERY: query.url })).toMatch(reason);
    expect(await refusal({ DATABASE_URL_HOT: hot.url, DATABASE_URL_QUERY: wrong.url })).toMatch(reason);
  });

  test('with one that may become a superuser', async () => {
    const wrong = await login(`IN ROLE ${HOT}`);
    const query = await login(`IN ROLE ${QUERY}`);
    await onServer(server, `GRANT ${new URL(server).username} TO ${wrong.name}`);
    expect(await refusal({ DATABASE_URL_HOT: wrong.url, DATABASE_URL_QUERY: query.url })).toMatch(/may become one/);
  });

  test('with the owner of the tables', async () => {
    const owner = await owned(`IN ROLE ${HOT}, ${WORK}`);
    const query = await login(`IN ROLE ${QUERY}`);
    const env = { DATABASE_URL: owner.url, DATABASE_URL_HOT: owner.url, DATABASE_URL_QUERY: query.url };
    expect(await refusal(env)).toMatch(/owns tables of the service/);
  });

  test('with a login that looks like a server which takes no writes', async () => {
    const [hot, query] = [await login(`IN ROLE ${HOT}`), await login(`IN ROLE ${QUERY}`)];
    await onServer(server, `ALTER ROLE ${query.name} SET default_transaction_read_only = on`);
    const env = { DATABASE_URL_HOT: hot.url, DATABASE_URL_QUERY: query.url };
    expect(await refusal(env)).toMatch(/^The login \w+ of DATABASE_URL_QUERY has default_transaction_read_only/);
  });

  test('with one login for both', async () => {
    const both = await login(`IN ROLE ${HOT}, ${QUERY}`);
    expect(await refusal({ DATABASE_URL_HOT: both.url, DATABASE_URL_QUERY: both.url })).toMatch(/a member of both/);
  });

  test('with a user that has no part in the rights of the functions', async () => {
    const owner = await owned();
    const why = 'cannot make itself a member of outcome_work';
    expect(await refusal({ DATABASE_URL: owner.url })).toContain(`the user of DATABASE_URL ${why}`);
    const env = { DATABASE_URL: database.url, DATABASE_DIRECT_URL: owner.url };
    expect(await refusal(env)).toContain(`the user of DATABASE_DIRECT_URL ${why}`);
  });

  test('with a login that has the rights of the functions', async () => {
    const wrong = await login(`IN ROLE ${HOT}, ${WORK}`);
    const query = await login(`IN ROLE ${QUERY}`);
    const env = { DATABASE_URL_HOT: wrong.url, DATABASE_URL_QUERY: query.url };
    expect(await refusal(env)).toMatch(/is a member of outcome_work, whose rights/);
  });

  test('with a user that may not create roles', async () => {
    const owner = await owned(`IN ROLE ${WORK}`);
    const why = 'cannot make the login outcome_hot_\\w+: permission denied';
    expect(await refusal({ DATABASE_URL: owner.url })).toMatch(new RegExp(`^It serves .* of DATABASE_URL ${why}`));
    const env = { DATABASE_URL: database.url, DATABASE_DIRECT_URL: owner.url };
    expect(await refusal(env)).toMatch(new RegExp(`^It serves .* of DATABASE_DIRECT_URL ${why}`));
  });

  test('without a password to derive others from', async () => {
    const url = Object.assign(new URL(database.url), { password: '' }).toString();
    await expect(servingAddresses({ url, directUrl: url })).rejects.toThrow(/DATABASE_URL .* no password/);
  });

  test('with a sentence on the command line', async () => {
    const wrong = await login('SUPERUSER');
    const env = { DATABASE_URL: database.url, DATABASE_URL_HOT: wrong.url, DATABASE_URL_QUERY: wrong.url };
    const { code, output } = await ServiceProcess.spawn(env).ended;
    expect(code).toBe(1);
    expect(output.trim()).toMatch(/^Outcome cannot start\. The login test_\w+ of DATABASE_URL_HOT is a superuser/);
  });
});
