import { createHash } from 'node:crypto';
import { Service } from '../support/service.js';

interface Health {
  status: string;
  checks: Record<string, { status: string; message?: string }>;
}

describe('what the service shows of itself', () => {
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

    expect([status, body.status, body.checks.migrations?.status, body.checks.database?.status]).toEqual([503, 'error', 'error', 'ok']);
    expect(body.checks.migrations?.message).toContain('restart');
    expect((await service.get('/health/ready')).status).toBe(200);
  });

  test('its metrics count what has happened', async () => {
    await service.ending((await service.charge()).id);
    const { headers, body } = await service.get<string>('/metrics');

    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(body).toMatch(/^outcome_operation_events_total\{kind="payment\.charge",type="operation\.succeeded"\} 1$/m);
    expect(body).toMatch(/^outcome_operation_duration_seconds_count\{kind="payment\.charge",status="success"\} 1$/m);
    expect(body).toMatch(/^outcome_queue_jobs\{state="waiting"\} \d+$/m);
  });

  test('its page runs its own script and style and no others', async () => {
    const { status, headers, body } = await service.get<string>('/');
    const policy = headers.get('content-security-policy') ?? '';
    const inside = (tag: string) =>
      [...body.matchAll(new RegExp(`<${tag}\\b[^>]*>([\\s\\S]*?)</${tag}>`, 'g'))].map(([, text = '']) => text);

    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|\*/);
    const written = [...inside('script'), ...inside('style')].filter((text) => text !== '');
    expect(written.length).toBeGreaterThan(1);
    for (const text of written) expect(policy).toContain(createHash('sha256').update(text).digest('base64'));
    expect(body).not.toMatch(/\son\w+="|\sstyle="|src="https?:|href="https?:\/\/(?!\S+" (target|rel))/);
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
