import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseYaml } from '@redocly/openapi-core';
import pg from 'pg';
import { SETTINGS } from '../../src/config/environment.js';
import { startEmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';
import { migrate } from '../../src/database/migrate.js';
import { STATEMENTS } from '../../src/statements.js';
import { type TestDatabase } from '../support/databases.js';
import { dataFolder } from '../support/service-process.js';
import { Service } from '../support/service.js';

const SERVICES = ['postgres', 'outcome', 'api', 'worker', 'balancer', 'valkey'] as const;

interface Compose {
  services: Record<(typeof SERVICES)[number], Record<string, unknown> & { environment: Record<string, string> }>;
  configs: Record<string, { content: string }>;
}

/** Fixed by the image, which publishes one port and contains no PostgreSQL. */
const OF_THE_IMAGE = ['PORT', 'HOST', 'DATA_DIR', 'NODE_ENV'];

describe('docker-compose.yml', () => {
  let compose: Compose;
  beforeAll(async () => (compose = parseYaml(await readFile('docker-compose.yml', 'utf8')) as Compose));

  test('passes on every setting, and no unknown one', () => {
    const { environment } = compose.services.outcome;
    expect(Object.keys(environment).sort()).toEqual(SETTINGS.filter((name) => !OF_THE_IMAGE.includes(name)).sort());
    for (const [name, value] of Object.entries(environment)) expect(value.startsWith(`\${${name}:-`)).toBe(true);
  });

  test.each(['api', 'worker'] as const)('passes on the same settings to several nodes with the role %s', (role) => {
    const { environment, deploy, profiles } = compose.services[role];
    expect({ ...compose.services.outcome.environment, ...environment }).toEqual(environment);
    expect(environment).toMatchObject({ ROLES: role, REDIS_URL: 'redis://valkey:6379' });
    expect({ deploy, profiles }).toEqual({ deploy: { replicas: 2 }, profiles: ['scale'] });
  });

  test('starts nothing of many nodes unless asked', () => {
    const always = SERVICES.filter((name) => !compose.services[name].profiles);
    expect(always).toEqual(['postgres', 'outcome']);
    expect(Object.keys(compose.services).sort()).toEqual([...SERVICES].sort());
  });

  test.each(SERVICES)('gives %s no rights that it does not need', (name) => {
    const service = compose.services[name];
    expect(service).toMatchObject({ cap_drop: ['ALL'], read_only: true, security_opt: ['no-new-privileges:true'] });
    expect(service.tmpfs).toContain('/tmp');
    expect(service).not.toHaveProperty('cap_add');
    expect(service).not.toHaveProperty('privileged');
  });

  test('makes a role without superuser rights, which suffices', async () => {
    // A server of its own: the roles of the service do not exist there yet.
    const folder = await dataFolder();
    const postgres = await startEmbeddedPostgres({ dataDir: folder.path, settings: { fsync: 'off' } });
    const server = postgres.url;
    const name = `role_${randomBytes(6).toString('hex')}`;
    const statements = (compose.configs.role?.content ?? '')
      .split('\n')
      .filter((line) => line && !line.startsWith('\\'))
      .map((line) => line.replaceAll('outcome', name).replace(`:'password'`, `'${name}'`));
    const admin = new pg.Client(server);
    await admin.connect();
    for (const statement of statements) await admin.query(statement);
    const url = Object.assign(new URL(server), { username: name, password: name, pathname: `/${name}` }).toString();
    const client = new pg.Client(url);
    await client.connect();
    try {
      const { rows } = await client.query('SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user');
      expect(rows).toEqual([{ rolsuper: false, rolbypassrls: false }]);
      await migrate(url, STATEMENTS);
      const service = await Service.start({}, { url, client, drop: () => Promise.resolve() } satisfies TestDatabase);
      expect(await service.ending((await service.charge()).id)).toMatchObject({ status: 'success' });
      await service.stop();
    } finally {
      await Promise.all([client.end(), admin.end()]);
      await postgres.stop();
      await folder.remove();
    }
  });
});
