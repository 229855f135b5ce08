import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { ONLY_TENANT } from '../../src/access/caller.js';
import { Tenants } from '../../src/access/tenants/tenants.js';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import { ProviderAccounts } from '../../src/payments/accounts/provider-accounts.js';
import { accept } from '../support/credentials.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { eventually, type Problem, Service } from '../support/service.js';
import { StripeAccounts } from '../support/stripe-accounts.js';
import { StripeDouble } from '../support/stripe-double/stripe-double.js';
import { stored } from '../support/work.js';

type As = { Authorization: string };

const KEY = (id: string, byte: number) => `${id}:${Buffer.alloc(32, byte).toString('base64')}`;
const CHARGE = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' };

/** `npm run accounts -- …args`, on the build. */
async function accountsCommand(args: readonly string[], env: Record<string, string>, input = '') {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, ['dist/src/accounts.js', ...args], {
    env: { PATH, HOME, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  child.stdin.end(input);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: code as number, out: out.trim(), err: err.trim() };
}

describe('a tenant with an account of its own at the payment provider', () => {
  let doubles: [own: StripeDouble, shop: StripeDouble, other: StripeDouble];
  let stripe: StripeAccounts;
  let database: TestDatabase;
  let service: Service;
  const ids = { shop: '', other: '' };
  const as: Record<'own' | 'shop' | 'other' | 'poor', As> = {} as never;
  const closed = () => ({
    AUTH_MODE: 'keys',
    PAYMENT_PROVIDER: 'stripe',
    STRIPE_SECRET_KEY: doubles[0].secretKey,
    STRIPE_WEBHOOK_SECRET: doubles[0].webhookSecret,
    STRIPE_API_BASE: stripe.url,
    CREDENTIAL_KEYS: KEY('k1', 1),
    LOOK_UP_BASE_MS: '60000',
  });
  const cli = (args: readonly string[], input = '', keys = KEY('k1', 1)) =>
    accountsCommand(args, { DATABASE_URL: database.url, CREDENTIAL_KEYS: keys, STRIPE_API_BASE: stripe.url }, input);

  beforeAll(async () => {
    doubles = [await StripeDouble.start(), await StripeDouble.start(), await StripeDouble.start()];
    stripe = await StripeAccounts.of(doubles);
    database = await createDatabase();
    service = await Service.start(closed(), database);
    const tenants = service.outcome.app.get(Tenants, { strict: false });
    as.own = accept(service, 'own', { tenant: ONLY_TENANT });
    for (const name of ['shop', 'other', 'poor'] as const) {
      await tenants.create(name);
      as[name] = accept(service, name, { tenant: (await tenants.find(name))?.id ?? '' });
    }
    const [, shop, other] = doubles;
    for (const [name, { secretKey, webhookSecret }] of [
      ['shop', shop],
      ['other', other],
    ] as const) {
      const input = `SECRET_KEY=${secretKey}\nWEBHOOK_SECRET=whsec_of_last_year,${webhookSecret}\n`;
      const { code, out, err } = await cli(['set', '--tenant', name], input);
      expect([code, err]).toEqual([0, expect.stringContaining(`/api/providers/${out}/webhooks`)]);
      expect(err + out).not.toContain(secretKey);
      ids[name] = out;
    }
  });
  afterAll(async () => {
    await service.stop();
    await stripe.stop();
    for (const double of doubles) await double.stop();
    await database.drop();
  });

  const start = (kind: string, input: unknown, who: As, wait = '30') =>
    service.post<OperationView & { code?: string }>(
      '/api/operations',
      { kind, input },
      { ...who, Prefer: `wait=${wait}` },
    );

  function deliver(account: string, double: StripeDouble, id: string, from = double) {
    const { body, headers } = from.webhookAbout(id);
    const request = { headers: { ...headers } as Record<string, string>, body: body.toString() };
    return service.request<Problem>('POST', `/api/providers/${account}/webhooks`, request);
  }

  /** A charge that waits for its customer, who has approved it: only a webhook tells soon. */
  async function approved(double: StripeDouble, who: As): Promise<string> {
    const input = { ...CHARGE, paymentMethod: 'pm_card_authenticationRequired', returnUrl: 'https://shop.example/' };
    const { id } = (await start('payment.charge', input, who)).body;
    await eventually(async () => (await stored(service, id))?.status === 'requires_action');
    double.answerCustomer(id, 'approve');
    return id;
  }

  test('is charged and refunded there, and the tenant of the settings on theirs', async () => {
    const [own, shop, other] = doubles;
    for (const [who, double, provider] of [
      [as.own, own, 'stripe'],
      [as.shop, shop, ids.shop],
      [as.other, other, ids.other],
    ] as const) {
      const { body } = await start('payment.charge', CHARGE, who);
      expect([body.status, body.result?.provider]).toEqual(['success', provider]);
      const refund = await start('payment.refund', { chargeOperationId: body.id, amount: 500 }, who);
      expect(refund.body).toMatchObject({ status: 'success', result: { provider, amount: 500 } });
      for (const each of doubles)
        expect(each.books(body.id)).toMatchObject(
          each === double ? { charges: 1, captured: 1999, refunded: 500 } : { charges: 0 },
        );
    }
  });

  test('without one, is refused at the start, also by a start token, and nothing is charged on another’s', async () => {
    const before = doubles.map(({ requests }) => requests.length);
    for (const path of ['/api/operations', '/api/start-tokens']) {
      const answer = await service.post<Problem>(path, { kind: 'payment.charge', input: CHARGE }, as.poor);
      expect(answer).toMatchObject({ status: 409, body: { code: 'provider_account_missing' } });
    }
    // Whether real money moves is a matter of the caller's account.
    expect(await service.post<Problem>('/api/startOperation', {}, as.poor)).toMatchObject({
      status: 409,
      body: { code: 'provider_account_missing' },
    });
    expect(doubles.map(({ requests }) => requests.length)).toEqual(before);
  });

  test('receives its webhooks at an address of its own, signed by its own secret alone', async () => {
    const [own, shop, other] = doubles;
    const id = await approved(shop, as.shop);
    for (const [account, signer] of [
      [ids.shop, other],
      [ids.other, shop],
      ['stripe', shop],
      [ids.shop, own],
    ] as const) {
      const forged = signer.signed(shop.webhookAbout(id).body);
      const request = { headers: { ...forged.headers } as Record<string, string>, body: forged.body.toString() };
      const { status, body } = await service.request<Problem>('POST', `/api/providers/${account}/webhooks`, request);
      expect([status, body.code]).toEqual([400, 'webhook_refused']);
    }
    expect((await deliver(`${ids.shop}x`, shop, id)).body.code).toBe('provider_not_found');
    expect((await deliver(ids.shop, shop, id)).status).toBe(200);
    await eventually(async () => (await stored(service, id))?.status === 'success');
  });

  test('is not told of by another account’s event, whatever operation and reference that names', async () => {
    const [, shop, other] = doubles;
    const id = await approved(shop, as.shop);
    const requests = shop.requests.length;
    // Signed well by the other tenant, about the charge of this one: by its operation, and by its reference alone.
    const intent = shop.chargedUnder(id);
    const events = [
      other.webhook('payment_intent.succeeded', intent),
      other.webhook('payment_intent.succeeded', { ...intent, metadata: {} }),
    ];
    for (const { body, headers } of events) {
      const request = { headers: { ...headers } as Record<string, string>, body: body.toString() };
      const { status } = await service.request('POST', `/api/providers/${ids.other}/webhooks`, request);
      expect(status).toBe(200);
    }
    // Each has run, and waits to be looked at again.
    await eventually(async () => {
      const { rows } = await database.client.query<{ attempts: number }>(
        `SELECT attempts_made AS attempts FROM bullmq.job WHERE queue = 'provider-events' AND data->>'provider' = $1`,
        [ids.other],
      );
      return rows.length === 2 && rows.every(({ attempts }) => attempts > 0);
    });
    expect((await stored(service, id))?.status).toBe('requires_action');
    expect(shop.requests.length).toBe(requests);
    await deliver(ids.shop, shop, id);
    await eventually(async () => (await stored(service, id))?.status === 'success');
  });

  test('gets no credentials of another account at the provider, and those of its own without a word', async () => {
    const [, shop, other] = doubles;
    const set = ({ secretKey, webhookSecret }: StripeDouble) =>
      cli(['set', '--tenant', 'shop'], `SECRET_KEY=${secretKey}\nWEBHOOK_SECRET=${webhookSecret}`);
    const refused = await set(other);
    expect([refused.code, refused.out]).toEqual([1, '']);
    for (const named of [shop.accountId, other.accountId, `disable ${ids.shop}`]) expect(refused.err).toContain(named);
    for (const { secretKey } of [shop, other]) expect(refused.err).not.toContain(secretKey);
    const { body } = await start('payment.charge', CHARGE, as.shop);
    expect([shop.books(body.id).charges, other.books(body.id).charges]).toEqual([1, 0]);

    const again = await set(shop);
    expect([again.code, again.out]).toEqual([0, ids.shop]);
    expect(again.err).not.toContain('did not tell');
  });

  test('set by several at once has one account, with the credentials of one of them', async () => {
    const accounts = service.outcome.app.get(ProviderAccounts, { strict: false });
    const tenant = randomUUID();
    const keys = Array.from({ length: 8 }, (_, at) => `sk_test_${at}`);
    const set = await Promise.all(
      keys.map((secretKey) =>
        accounts.set(tenant, 'stripe', { secretKey, webhookSecrets: [] }, undefined, async () => undefined),
      ),
    );
    expect(new Set(set.map(({ id }) => id)).size).toBe(1);
    expect(set.filter(({ isNew }) => isNew)).toHaveLength(1);
    const found = await accounts.find(set[0]!.id);
    expect(keys).toContain(found?.credentials.secretKey);
    await database.client.query('DELETE FROM provider_account WHERE id = $1', [set[0]!.id]);
  });

  test('gets other credentials for what comes, and disabled still refunds what was charged there', async () => {
    const [, shop] = doubles;
    const { body: charge } = await start('payment.charge', CHARGE, as.shop);
    const former = shop.secretKey;
    Object.assign(shop, { secretKey: `${former}2` });
    const input = `SECRET_KEY=${shop.secretKey}\nWEBHOOK_SECRET=${shop.webhookSecret}`;
    // Its former key is gone there.
    expect(await cli(['set', '--tenant', 'shop', '--name', 'The shop'], input)).toMatchObject({
      code: 0,
      out: ids.shop,
      err: expect.stringContaining('did not tell'),
    });
    await eventually(async () => (await start('payment.charge', CHARGE, as.shop)).body.status === 'success');

    expect(await cli(['disable', ids.shop])).toMatchObject({ code: 0, err: expect.stringContaining('nothing new') });
    expect(await cli(['disable', ids.shop])).toMatchObject({ code: 0, err: `${ids.shop} was disabled before.` });
    const { rows } = await database.client.query(
      `SELECT count(*)::integer AS times FROM audit_event
        WHERE action = 'provider_account.disabled' AND subject LIKE $1`,
      [`%${ids.shop}`],
    );
    expect(rows).toEqual([{ times: 1 }]);
    await eventually(
      async () => (await start('payment.charge', CHARGE, as.shop)).body.code === 'provider_account_missing',
    );
    const refund = await start('payment.refund', { chargeOperationId: charge.id }, as.shop);
    expect(refund.body).toMatchObject({ status: 'success', result: { provider: ids.shop } });

    const { out } = await cli(['list', '--tenant', 'shop']);
    expect(out).toMatch(new RegExp(`^${ids.shop} +shop +stripe .*The shop$`, 'm'));
    const { out: next } = await cli(['set', '--tenant', 'shop'], input);
    expect(next).not.toBe(ids.shop);
  });
});

describe('the command for accounts', () => {
  let database: TestDatabase;
  beforeAll(async () => void (database = await createDatabase()));
  afterAll(() => database.drop());
  // Nobody there tells whose credentials they are.
  const STRIPE_API_BASE = 'http://127.0.0.1:1';
  const env = () => ({ DATABASE_URL: database.url, CREDENTIAL_KEYS: KEY('k1', 1), STRIPE_API_BASE });

  test.each([
    ['', /SECRET_KEY=…/],
    ['SECRET_KEY=live_hush', /SECRET_KEY: expected a secret key of Stripe/],
    ['SECRET_KEY=sk_test_hush\nWEBHOOK_SECRET=hush', /WEBHOOK_SECRET: expected the signing secret/],
    ['sk_test_hush', /SECRET_KEY=…/],
  ])('refuses credentials such as %j, and repeats none', async (input, sentence) => {
    await database.client.query(`INSERT INTO tenant VALUES (gen_random_uuid(), 'shop', now()) ON CONFLICT DO NOTHING`);
    const { code, err, out } = await accountsCommand(['set', '--tenant', 'shop'], env(), input);
    expect([code, err]).toEqual([2, expect.stringMatching(sentence)]);
    expect(err + out).not.toContain('hush');
  });

  test('stores nothing without a key to encrypt it with', async () => {
    const { CREDENTIAL_KEYS: _, ...without } = env();
    const { code, err } = await accountsCommand(['set', '--tenant', 'shop'], without, 'SECRET_KEY=sk_test_hush');
    expect([code, err]).toEqual([1, expect.stringContaining('Expected CREDENTIAL_KEYS')]);
    expect((await database.client.query('SELECT FROM provider_account')).rowCount).toBe(0);
  });

  test.each([
    [undefined, 'https://<your address>'],
    ['', 'https://<your address>'],
    ['https://pay.example', 'https://pay.example'],
    ['https://pay.example/', 'https://pay.example'],
  ])('names the address of webhooks, where PUBLIC_URL is %j', async (PUBLIC_URL, base) => {
    const set = { ...env(), ...(PUBLIC_URL !== undefined && { PUBLIC_URL }) };
    const { out, err } = await accountsCommand(
      ['set', '--tenant', 'shop'],
      set,
      'SECRET_KEY=sk_test_1\nWEBHOOK_SECRET=whsec_1',
    );
    expect(err).toContain(`sent to ${base}/api/providers/${out}/webhooks`);
  });

  test('stores nothing that it cannot audit', async () => {
    await database.client.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no place'; END $$;
      CREATE TRIGGER refuse BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION refuse();
    `);
    const before = await database.client.query('SELECT credentials FROM provider_account');
    const { code, err } = await accountsCommand(
      ['set', '--tenant', 'shop'],
      env(),
      'SECRET_KEY=sk_test_2\nWEBHOOK_SECRET=whsec_1',
    );
    const after = await database.client.query('SELECT credentials FROM provider_account');
    await database.client.query('DROP FUNCTION refuse CASCADE');
    expect([code, err, after.rows]).toEqual([1, expect.stringContaining('no place'), before.rows]);
  });
});

test('stored secrets are encrypted, outgoing webhooks’ too, move to the newest key, and are missed at the start', async () => {
  const database = await createDatabase();
  const hook = async (service: Service, url: string) =>
    (await service.post<{ id: string; secret: string }>('/api/webhook-endpoints', { url })).body;
  const secretsIn = async () => {
    const { rows } = await database.client.query<{ stored: string }>(
      `SELECT secret AS stored FROM webhook_endpoint UNION ALL
       SELECT previous_secret FROM webhook_endpoint WHERE previous_secret IS NOT NULL UNION ALL
       SELECT credentials FROM provider_account`,
    );
    return rows.map(({ stored: each }) => each);
  };
  try {
    let service = await Service.start({}, database);
    const clear = await hook(service, 'https://shop.example/clear');
    expect(await secretsIn()).toEqual([clear.secret]);
    await service.stop();

    service = await Service.start({ CREDENTIAL_KEYS: KEY('k1', 1) }, database);
    const sealed = await hook(service, 'https://shop.example/sealed');
    const rotated = await service.post<{ secret: string }>(`/api/webhook-endpoints/${sealed.id}/rotate-secret`, {});
    expect(rotated.body.secret).not.toBe(sealed.secret);
    await service.outcome.app
      .get(ProviderAccounts, { strict: false })
      .set(
        '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70',
        'stripe',
        { secretKey: 'sk_test_hush', webhookSecrets: [] },
        undefined,
        async () => undefined,
      );
    await service.stop();
    const found = await secretsIn();
    expect(found.filter((each) => each.startsWith('sealed.1.k1.'))).toHaveLength(3);
    for (const secret of ['hush', sealed.secret, rotated.body.secret]) expect(found.join()).not.toContain(secret);

    const keys = `${KEY('k2', 2)},${KEY('k1', 1)}`;
    const env = { DATABASE_URL: database.url, CREDENTIAL_KEYS: keys };
    expect(await accountsCommand(['rotate'], env)).toMatchObject({ code: 0, err: expect.stringMatching(/^4 secrets/) });
    expect(await accountsCommand(['rotate'], env)).toMatchObject({ code: 0, err: expect.stringMatching(/^0 secrets/) });
    expect((await secretsIn()).every((each) => each.startsWith('sealed.1.k2.'))).toBe(true);

    for (const CREDENTIAL_KEYS of ['', KEY('k1', 1)])
      await expect(Service.start({ CREDENTIAL_KEYS, AUTH_MODE: 'keys' }, database)).rejects.toThrow(
        'secrets that are encrypted under "k2"',
      );
  } finally {
    await database.drop();
  }
});
