import { createDatabase } from '../support/databases.js';
import { eventually, type Problem, Service } from '../support/service.js';

interface Health {
  status: string;
  checks: Record<string, { status: string; message?: string }>;
}

describe('the service’s own routes', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start()));
  afterAll(() => service.stop());

  test('it is live and ready', async () => {
    const live = await service.get<Health>('/health/live');
    const ready = await service.get<Health>('/health/ready');

    expect([live.status, live.body]).toEqual([200, { status: 'ok', checks: {} }]);
    expect([ready.status, ready.body]).toEqual([
      200,
      { status: 'ok', checks: { database: { status: 'ok' }, migrations: { status: 'ok' }, queue: { status: 'ok' } } },
    ]);
  });

  test('it is not ready while a migration is missing, and says so', async () => {
    const { client } = service.database;
    await client.query('CREATE TABLE kept AS TABLE migration');
    await client.query('DELETE FROM migration');
    const { status, body } = await service.get<Health>('/health/ready');
    await client.query('INSERT INTO migration SELECT * FROM kept');

    expect([status, body.status, body.checks.migrations?.status, body.checks.database?.status]).toEqual([
      503,
      'error',
      'error',
      'ok',
    ]);
    expect(body.checks.migrations?.message).toContain('restart');
    expect((await service.get('/health/ready')).status).toBe(200);
  });

  test('its metrics count starts and endings', async () => {
    await service.ending((await service.charge()).id);
    const { headers, body } = await eventually(async () => {
      const metrics = await service.get<string>('/metrics');
      return metrics.body.includes('outcome_operation_duration_seconds_count{') && metrics;
    });

    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(body).toMatch(/^outcome_operation_events_total\{kind="payment\.charge",type="operation\.succeeded"\} 1$/m);
    expect(body).toMatch(/^outcome_operation_duration_seconds_count\{kind="payment\.charge",status="success"\} 1$/m);
    expect(body).toMatch(/^outcome_queue_jobs\{state="waiting"\} \d+$/m);
  });

  test.each(['/', '/operations', '/operations/01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70'])(
    'its page is at %s, and loads only its own scripts and styles',
    async (path) => {
      const { status, headers, body } = await service.get<string>(path);
      const policy = headers.get('content-security-policy') ?? '';

      expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
        200,
        'text/html; charset=utf-8',
        'no-cache',
      ]);
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/unsafe|\*/);
      expect(body).toMatch(/<script type="module"[^>]* src="\/assets\//);
      expect(body).not.toMatch(/<style|<script(?![^>]* src="\/)|\son\w+="|\sstyle="|(src|href)="https?:/);

      // A browser's request; fetch would add no-cache and get the whole page.
      const known = { 'if-none-match': headers.get('etag') ?? '' };
      expect((await service.outcome.app.inject({ url: path, headers: known })).statusCode).toBe(304);
    },
  );

  test('the files of its page are immutable in caches, under names that contain their hash', async () => {
    const { body } = await service.get<string>('/');
    const files = [...body.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, file = '']) => file);
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) {
      const { status, headers } = await service.get<string>(file);
      expect([status, headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
      expect(file).toMatch(/-[\w-]{8,}\.\w+$/);
    }
    const { status, body: problem } = await service.get<Problem>('/assets/none.js');
    expect([status, problem.code]).toEqual([404, 'route_not_found']);
  });

  test('its documentation is a page, and a document in JSON and in YAML', async () => {
    const page = await service.get<string>('/docs');
    const yaml = await service.get<string>('/docs-yaml');

    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(page.body).toContain('<title>Outcome</title>');
    expect((await service.get<{ openapi: string }>('/docs-json')).body.openapi).toMatch(/^3\.0/);
    expect(yaml.body).toMatch(/^openapi: 3\.0/);
  });
});

test('it is not ready while PostgreSQL cannot write what needs new room, as on a full disk', async () => {
  const database = await createDatabase();
  const name = new URL(database.url).pathname.slice(1);
  await database.client.query(`ALTER DATABASE ${name} SET temp_file_limit = '512kB'`);
  const service = await Service.start({}, database);
  const { status, body } = await service.get<Health>('/health/ready');
  await service.stop();
  await database.drop();

  expect([status, body.checks.database?.status]).toEqual([503, 'error']);
});
