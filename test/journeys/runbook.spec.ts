import { readFileSync } from 'node:fs';
import { MaintenanceRunner } from '../../src/maintenance/maintenance-runner.js';
import { Metrics } from '../../src/observability/metrics.js';
import { eventually, Service } from '../support/service.js';
import { shell, snippetsIn } from '../support/snippets.js';
import { operationOnce } from '../support/work.js';

const [RUNBOOK, METRICS, ALERTS] = ['runbook.md', 'metrics.md', 'alerts.yml'].map((name) =>
  readFileSync(`docs/${name}`, 'utf8'),
) as [string, string, string];

/** Of what is not set up here: Redis, and credentials. */
const TASKS_OF_OTHERS = ['job-outbox', 'revoked-readers'];

interface RegisteredMetric {
  name: string;
  type: string;
  labelNames: readonly string[];
}

describe('what operators read', () => {
  let service: Service;
  beforeAll(async () => {
    service = await Service.start({
      LOOK_UP_BASE_MS: '60000',
      RETENTION_STRIP_AFTER: '1',
      RETENTION_DELETE_AFTER: '30',
      LIMIT_FAILED_LOGINS: '10',
      WEBHOOK_ALLOW_PRIVATE: 'true',
    });
  });
  afterAll(() => service.stop());

  const registered = () =>
    service.outcome.app.get(Metrics).registry.getMetricsAsArray() as unknown as RegisteredMetric[];

  const unknown = async (paymentMethod: string) => {
    const { id } = await service.charge(paymentMethod);
    await operationOnce(service, id, ({ status }) => status === 'reconciling');
    return id;
  };

  test('the table of metrics is that of the code', () => {
    const documented = [...METRICS.matchAll(/^\| `(outcome_\w+)` +\| (\w+) +\|[^|]+\| ([^|]+?) +\|/gm)].map(
      ([, name, type, labels = '']) => [name, type, ...(labels.match(/\w+(?=`)/g) ?? [])].join(' '),
    );
    const own = registered().filter(({ name }) => name.startsWith('outcome_'));
    expect(documented.sort()).toEqual(
      own.map(({ name, type, labelNames }) => [name, type, ...labelNames].join(' ')).sort(),
    );
  });

  test('no page and no alert names a metric that is not there', () => {
    const names = new Set(registered().map(({ name }) => name));
    for (const text of [RUNBOOK, METRICS, ALERTS]) {
      const named = text.match(/\b(?:outcome|process|nodejs)_\w+(?=[`{ [)=])/g) ?? [];
      const isMetric = (name: string) => names.has(name) || names.has(name.replace(/_count$/, ''));
      expect(named.length).toBeGreaterThan(5);
      expect(named.filter((name) => !isMetric(name) && !/^outcome_(hot|query|operation)$/.test(name))).toEqual([]);
    }
  });

  test('the table of periodic tasks is that of the code', () => {
    const [, section = ''] = /^## Periodic tasks\n([\s\S]*?)\n## /m.exec(METRICS) ?? [];
    const documented = [...section.matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name);
    const { reports } = service.outcome.app.get(MaintenanceRunner, { strict: false });
    expect(documented.sort()).toEqual([...reports.keys(), ...TASKS_OF_OTHERS].sort());
  });

  test('the metrics count what needs a person, of all tenants', async () => {
    const id = await unknown('pm_sandbox_charged_answer_lost');
    const attention = async () => {
      const { body } = await service.get<string>('/metrics');
      return /^outcome_operations_attention (\d+)$/m.exec(body)?.[1];
    };
    expect(await attention()).toBe('0');
    await service.database.client.query('UPDATE operation SET attention_at = now() WHERE id = $1', [id]);
    expect(await attention()).toBe('1');
    await service.database.client.query('UPDATE operation SET attention_at = NULL WHERE id = $1', [id]);
  });

  test.each(snippetsIn(RUNBOOK, 'sql', ''))('PostgreSQL answers, and is only read by:\n%s', async (sql) => {
    const { client } = service.database;
    await client.query('BEGIN READ ONLY');
    try {
      await expect(client.query(sql)).resolves.toHaveProperty('rows');
    } finally {
      await client.query('ROLLBACK');
    }
  });

  const CALLS = snippetsIn(RUNBOOK, 'sh', '$URL').filter((code) => code.includes('$URL'));

  test.each(CALLS)('the service answers without an error:\n%s', async (code) => {
    const id = await unknown('pm_sandbox_not_charged_answer_lost');
    const { body } = await service.post('/api/webhook-endpoints', { url: `http://127.0.0.1:9/${id}` });
    const answers = await shell(`set -e; id=${id}; endpoint=${body.id}\n${code.replaceAll('$URL', service.url)}`);
    expect(answers).not.toContain('urn:outcome:problem');
    expect(answers.trim()).not.toBe('');
  });

  test('an operator states that a charge has succeeded, as the runbook says', async () => {
    const id = await unknown('pm_sandbox_charged_answer_lost');
    const { rows } = await service.database.client.query<{ reference: string }>(
      'SELECT reference FROM sandbox.charge WHERE idempotency_key = $1',
      [id],
    );
    const [body = ''] = snippetsIn(RUNBOOK, 'json', '');
    const stated: unknown = JSON.parse(body.replace('…', rows[0]!.reference));
    expect(await service.post(`/api/operations/${id}/resolve`, stated)).toMatchObject({
      status: 200,
      body: { status: 'success' },
    });
    await eventually(async () => (await service.get(`/api/payments/${id}`)).status === 200);
  });
});
