import { ONLY_TENANT } from '../../src/access/caller.js';
import { Tenants } from '../../src/access/tenants/tenants.js';
import { runCommand, createKey, type TestKey } from '../support/api-keys.js';
import { PaymentsOf } from '../support/payments.js';
import { rowsThatSay } from '../support/personal-data.js';
import { eventually, Service } from '../support/service.js';

const PERSON = 'customer-8f14e45f';

describe('erasing what is kept of one person', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start({ WATCHDOG_MS: '50', RECHECK_AFTER_MS: '100' })));
  afterAll(() => service.stop());

  const erase = (...args: string[]) =>
    runCommand('erase', args, { DATABASE_URL: service.database.url, LOG_LEVEL: 'silent' });
  const charge = async (metadata: Record<string, string>, paymentMethod = 'pm_card_visa') =>
    (
      await service.start(
        'payment.charge',
        { amount: 1999, currency: 'EUR', paymentMethod, description: `for ${metadata['customer']}` },
        { metadata },
      )
    ).body;
  const view = async (id: string) => (await service.get(`/api/operations/${id}`)).body;
  const audited = async () =>
    (await service.database.client.query(`SELECT * FROM audit_event WHERE action = 'data.erased'`)).rows as {
      tenant: string;
      subject: string;
      actor: string;
      detail: unknown;
    }[];

  test('lists without changing anything, then strips what has ended, and the rest as soon as it has', async () => {
    const payments = new PaymentsOf(service);
    const ended = await service.ending((await charge({ customer: PERSON, order: '1' })).id);
    const refund = await payments.done('payment.refund', { chargeOperationId: ended.id, amount: 500, reason: PERSON });
    const others = await service.ending((await charge({ customer: 'another' })).id);
    const open = await charge({ customer: PERSON }, 'pm_card_authenticationRequired');
    await eventually(async () => (await view(open.id)).status === 'requires_action');
    const wanted = ['--metadata', `customer=${PERSON}`];

    const dry = await erase(...wanted, '--dry-run');
    expect([dry.code, dry.err]).toEqual([0, '3 operations: 2 have ended, 1 are erased when they have.']);
    expect(dry.out.split('\n').sort()).toEqual(
      [`${ended.id} success`, `${open.id} requires_action`, `${refund.id} success`].sort(),
    );
    expect((await view(ended.id)).metadata).toEqual({ customer: PERSON, order: '1' });
    expect(await audited()).toEqual([]);

    const done = await erase(...wanted);
    expect([done.code, done.out]).toEqual([0, `${open.id} requires_action`]);
    for (const { id } of [ended, refund])
      expect(await view(id)).toMatchObject({ metadata: {}, strippedAt: expect.any(String) });
    expect((await view(open.id)).metadata).toEqual({ customer: PERSON });
    expect((await view(others.id)).metadata).toEqual({ customer: 'another' });
    expect(await audited()).toMatchObject([
      {
        tenant: ONLY_TENANT,
        subject: 'operations by metadata customer',
        actor: expect.stringMatching(/^command line/),
        detail: { now: 2, whenTheyEnd: 1 },
      },
    ]);

    await service.post(`/api/operations/${open.id}/cancel`, undefined);
    await eventually(async () => (await view(open.id)).strippedAt);
    expect(await view(open.id)).toMatchObject({ status: 'canceled', metadata: {} });
    expect(await rowsThatSay(PERSON, service.database)).toEqual({});
    // The money is still there to be refunded.
    const rest = await payments.done('payment.refund', { chargeOperationId: ended.id });
    expect(rest).toMatchObject({ status: 'success', result: { amount: 1499 } });
  });

  test('asks for all of the metadata that is given', async () => {
    const [one, other] = [
      await service.ending((await charge({ customer: '7', shop: 'a' })).id),
      await service.ending((await charge({ customer: '7', shop: 'b' })).id),
    ];
    await erase('--metadata', 'customer=7', '--metadata', 'shop=a');
    expect([(await view(one.id)).metadata, (await view(other.id)).metadata]).toEqual([
      {},
      { customer: '7', shop: 'b' },
    ]);
  });

  test.each([
    [[], 'Expected --metadata <key>=<value>'],
    [['--metadata', 'customer'], 'Expected --metadata as <key>=<value>'],
    [['--metadata', 'customer='], 'Expected --metadata as <key>=<value>'],
    [['--metadata', 'customer=1', '--tenant', 'nobody'], 'There is no tenant "nobody", only default'],
    [['everything'], 'everything'],
  ])('understands nothing but what it was made for: %j', async (args, reason) => {
    const { code, err } = await erase(...args);
    expect([code, err]).toEqual([2, expect.stringContaining(reason)]);
  });

  describe('with several tenants', () => {
    let closed: Service;
    let keys: TestKey[];
    beforeAll(async () => {
      closed = await Service.start({ AUTH_MODE: 'keys', WATCHDOG_MS: '50' });
      const tenants = closed.outcome.app.get(Tenants, { strict: false });
      await tenants.create('books');
      const { id: books } = (await tenants.find('books'))!;
      keys = [];
      for (const tenant of [ONLY_TENANT, books])
        keys.push(await createKey(closed, ['operations:start', 'operations:read'], { tenant }));
    });
    afterAll(() => closed.stop());

    test('is that of one tenant', async () => {
      const ids: string[] = [];
      for (const { headers } of keys) {
        const given = { headers, metadata: { customer: PERSON } };
        const { id } = (await closed.start('demo.countdown', { seconds: 1 }, given)).body;
        await eventually(async () => (await closed.get(`/api/operations/${id}`, headers)).body.done);
        ids.push(id);
      }
      const env = { DATABASE_URL: closed.database.url, LOG_LEVEL: 'silent' };
      await runCommand('erase', ['--tenant', 'books', '--metadata', `customer=${PERSON}`], env);
      const found = [];
      for (const [at, { headers }] of keys.entries())
        found.push((await closed.get(`/api/operations/${ids[at]}`, headers)).body.metadata);
      expect(found).toEqual([{ customer: PERSON }, {}]);
    });
  });
});
