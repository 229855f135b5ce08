import { RetryableError, succeeded, unknown } from '../../src/operations/kinds/outcome.js';
import { eventually, Service } from '../support/service.js';
import { jobs, operationOnce, teach } from '../support/work.js';
import { restoreWallClock, setWallClock } from '../support/wall-clock.js';
import { HOURS, MINUTES, SECONDS } from '../../src/time/durations.js';

/** Less than any set-back in these tests. */
const LATEST = 40 * SECONDS;

describe('a waiting operation, when the wall clock of the service is set', () => {
  let service: Service;
  /** Without a worker, so that operations stay pending. */
  let idle: Service;
  beforeAll(async () => {
    [service, idle] = await Promise.all([
      Service.start({ RETRY_BASE_MS: '3000', LOOK_UP_BASE_MS: '3000' }),
      Service.start({ ROLES: 'api' }),
    ]);
    teach(service, 'letter.print', {
      execute: async ({ attempt }) => {
        if (attempt === 1) throw new RetryableError('busy', 'Busy.');
        return succeeded({});
      },
    });
    teach(service, 'letter.send', { execute: async () => unknown('answer_lost'), lookUp: async () => succeeded({}) });
  });
  afterAll(() => Promise.all([service.stop(), idle.stop()]));
  afterEach(restoreWallClock);

  /** One operation of each kind of wait; others where a slow machine has let one of them end meanwhile. */
  async function waiting() {
    for (;;) {
      const [retried, lookedUp, asked, pending] = await Promise.all([
        service.start('letter.print', {}).then(({ body }) => body.id),
        service.start('letter.send', {}).then(({ body }) => body.id),
        service.charge('pm_card_authenticationRequired', { expiresIn: 4 }).then(({ id }) => id),
        idle.charge('pm_card_visa', { expiresIn: 4 }).then(({ id }) => id),
      ]);
      const wait = Promise.all([
        operationOnce(service, retried, ({ version }) => version === 3),
        operationOnce(service, lookedUp, ({ status }) => status === 'reconciling'),
        operationOnce(service, asked, ({ status }) => status === 'requires_action'),
        operationOnce(idle, pending, ({ status }) => status === 'pending'),
      ]);
      const all = await wait.catch(() => undefined);
      if (all) return { retried, lookedUp, asked, pending };
    }
  }

  /** How long it ended after the time that its last event but one, or its deadline, states. */
  async function lateness(at: Service, id: string): Promise<number> {
    const { finishedAt, expiresAt, status } = await at.ending(id);
    const due = (await at.history(id))
      .map(({ detail }) => detail?.nextAttemptAt ?? detail?.nextLookUpAt)
      .findLast(Boolean);
    return Date.parse(finishedAt ?? '') - Date.parse(status === 'expired' ? (expiresAt ?? '') : String(due));
  }

  test.each([
    ['a minute', -1 * MINUTES],
    ['two hours', -2 * HOURS],
  ])('runs at its time after a set-back by %s', async (_, by) => {
    const { retried, lookedUp, asked, pending } = await waiting();
    setWallClock(by);
    const late = await Promise.all([
      lateness(service, retried),
      lateness(service, lookedUp),
      lateness(service, asked),
      lateness(idle, pending),
    ]);
    expect((await service.get(`/api/operations/${asked}`)).body.status).toBe('expired');
    for (const ms of late) {
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThan(LATEST);
    }
    const { body: metrics } = await service.get<string>('/metrics');
    expect(metrics).toContain('outcome_operations_waiting_oldest_seconds');
    expect(metrics).not.toMatch(/^outcome_\S+ -/m);
  });

  test('runs at its time if it is stored after the set-back', async () => {
    setWallClock(-2 * HOURS);
    const { retried, lookedUp, asked, pending } = await waiting();
    const late = await Promise.all([
      lateness(service, retried),
      lateness(service, lookedUp),
      lateness(service, asked),
      lateness(idle, pending),
    ]);
    for (const ms of late) {
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThan(LATEST);
    }
  });

  test('does not expire early after a step forward by two hours', async () => {
    const { body: lasting } = await idle.start('payment.charge', visa, { expiresIn: 600 });
    const { retried, lookedUp, asked, pending } = await waiting();
    setWallClock(2 * HOURS);
    expect(await lateness(service, asked)).toBeGreaterThanOrEqual(0);
    expect(await lateness(idle, pending)).toBeGreaterThanOrEqual(0);
    expect((await idle.get(`/api/operations/${lasting.id}`)).body.status).toBe('pending');
    // BullMQ may run their jobs early, which does no harm.
    expect([(await service.ending(retried)).status, (await service.ending(lookedUp)).status]).toEqual([
      'success',
      'success',
    ]);
    const started = await idle.start('payment.charge', visa, { expiresIn: 600 });
    expect(Date.parse(started.body.createdAt)).toBeLessThan(Date.now() - 1 * HOURS);
    expect(started.headers.get('retry-after')).toBe('1');
  });

  test.each([-2 * HOURS, 2 * HOURS])('gets an id of the time at which it is stored, by %d ms', async (by) => {
    setWallClock(by);
    const { id, createdAt } = (await idle.start('payment.charge', visa)).body;
    const timeOfId = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
    expect(Math.abs(timeOfId - Date.parse(createdAt))).toBeLessThan(1 * SECONDS);
  });

  const visa = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' };
});

test('a failed job runs again at its time after the wall clock is set back', async () => {
  const api = await Service.start({ ROLES: 'api' });
  const work = { execute: async () => succeeded({}) };
  teach(api, 'letter.fold', work);
  const { id } = (await api.start('letter.fold', {})).body;
  const worker = await Service.start({ ROLES: 'worker' }, api.database);
  try {
    await eventually(async () =>
      (await jobs(api)).some(({ state, attempts_made }) => state === 'delayed' && attempts_made > 0),
    );
    setWallClock(-2 * HOURS);
    teach(worker, 'letter.fold', work);
    const set = performance.now();
    expect(await api.ending(id)).toMatchObject({ status: 'success' });
    expect(performance.now() - set).toBeLessThan(2 * LATEST);
  } finally {
    restoreWallClock();
    await worker.stop();
    await api.stop();
  }
});

test('operations stored in the future of a database whose clock was set back run at the next start', async () => {
  const before = await Service.start({ LOOK_UP_BASE_MS: '60000' });
  const look = { execute: async () => unknown('answer_lost'), lookUp: async () => succeeded({}) };
  teach(before, 'letter.send', look);
  const { id } = (await before.start('letter.send', {})).body;
  await operationOnce(before, id, ({ status }) => status === 'reconciling');
  await before.outcome.stop();
  // Moves all stored times forward, which equals setting all clocks back.
  await before.database.client.query(
    `UPDATE operation SET updated_at = updated_at + interval '2 h', next_attempt_at = next_attempt_at + interval '2 h'`,
  );
  await before.database.client.query(
    `UPDATE bullmq.job SET process_at_ms = process_at_ms + 7200000 WHERE state = 'delayed'`,
  );
  const after = await Service.start({}, before.database);
  try {
    teach(after, 'letter.send', look);
    expect(await after.ending(id)).toMatchObject({ status: 'success' });
  } finally {
    await after.stop();
    await before.database.drop();
  }
});
