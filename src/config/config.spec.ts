import { readConfig } from './config.js';
import { PAYMENT_PROVIDERS, SETTINGS } from './environment.js';
import { InvalidConfig } from './invalid-config.js';

const errorOf = (env: NodeJS.ProcessEnv): string => {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof InvalidConfig) return error.message;
    throw error;
  }
  throw new Error('Expected an error, found none.');
};

const KEY = 'sk_test_51Nx';
const TOKEN_KEYS = `k1:${Buffer.alloc(32, 1).toString('base64')}`;
const CLOSED = { AUTH_MODE: 'keys', TOKEN_KEYS };

/** Any text will do. */
const FREE = ['HOST', 'DATA_DIR', 'JWT_ISSUER', 'JWT_AUDIENCE', 'JWT_TENANT_CLAIM', 'JWT_SCOPE_CLAIM', 'NODE_ENV'];

/** Named in the message, and never shown. */
const HIDDEN = SETTINGS.filter((name) =>
  /DATABASE_(DIRECT_)?URL|REDIS_|API_BASE|SECRET|TOKEN_KEYS|CREDENTIAL/.test(name),
);

describe('a setting that cannot be used', () => {
  test.each(SETTINGS.filter((name) => !FREE.includes(name)))(
    '%s is named once, with what is expected and what was found',
    (name) => {
      const lines = errorOf({ [name]: 'no such thing' }).split('\n');
      const found = HIDDEN.includes(name) ? '' : ', found "no such thing"';

      expect(lines[0]).toBe('The environment has settings that cannot be used:');
      const named = lines.filter((line) => line.startsWith(`  ${name}: `));
      expect(named).toHaveLength(1);
      expect(named[0]).toMatch(/: (expected |cannot be read as an address)/);
      expect(named[0]?.endsWith(found)).toBe(true);
      expect(lines.join().includes('no such thing')).toBe(found !== '');
    },
  );

  test.each(FREE)('%s takes any text', (name) => {
    expect(() => readConfig({ [name]: 'no such thing', ACCESS_GUARDED_IN_FRONT: 'true' })).not.toThrow();
  });
});

describe('the settings of payments', () => {
  test('default to the sandbox', () => {
    expect(readConfig({}).payments).toMatchObject({
      provider: 'sandbox',
      stripe: { apiBase: 'https://api.stripe.com' },
    });
  });

  test.each([KEY, 'rk_live_51Nx', 'sk_org_live_51Nx'])('take Stripe with a key such as %s', (key) => {
    expect(readConfig({ PAYMENT_PROVIDER: 'stripe', STRIPE_SECRET_KEY: key }).payments).toMatchObject({
      provider: 'stripe',
      stripe: { secretKey: key },
    });
  });

  test('refuse Stripe without a key', () => {
    expect(errorOf({ PAYMENT_PROVIDER: 'stripe' })).toContain(
      'STRIPE_SECRET_KEY: expected a secret key of Stripe, since PAYMENT_PROVIDER',
    );
    expect(errorOf({ PAYMENT_PROVIDER: 'stripe', STRIPE_SECRET_KEY: '' })).toContain('STRIPE_SECRET_KEY:');
  });

  test('refuse a process of one role that would link to a sandbox page without knowing its address', () => {
    for (const ROLES of ['worker', 'api'])
      expect(errorOf({ ROLES })).toMatch(/^ {2}PUBLIC_URL: expected the address at which customers reach/m);
    for (const env of [
      { ROLES: 'worker', PUBLIC_URL: 'https://pay.example' },
      { ROLES: 'api', PUBLIC_URL: 'https://pay.example' },
      { ROLES: 'worker', PAYMENT_PROVIDER: 'stripe', STRIPE_SECRET_KEY: KEY },
      { ROLES: 'api', PAYMENT_PROVIDER: 'stripe', STRIPE_SECRET_KEY: KEY },
      { ROLES: 'worker,api' },
    ])
      expect(readConfig(env).roles).toEqual(env.ROLES.split(','));
    expect(errorOf({ ROLES: 'cook' })).not.toContain('PUBLIC_URL');
  });

  test('list a missing key with all other errors', () => {
    const message = errorOf({ PAYMENT_PROVIDER: 'stripe', PORT: 'x', LOG_LEVEL: 'loud' });
    expect(message).toMatch(/PORT:[\s\S]*LOG_LEVEL:[\s\S]*STRIPE_SECRET_KEY:/);
  });

  test('refuse an address past a pooler without that of the pooler, and hide its password', () => {
    const DATABASE_DIRECT_URL = 'postgres://outcome:secret@db.example/outcome';
    expect(errorOf({ DATABASE_DIRECT_URL })).toMatch(/DATABASE_DIRECT_URL: expected DATABASE_URL as well[^"]*$/m);
    expect(errorOf({ DATABASE_DIRECT_URL: 'mysql://outcome:secret@db' })).not.toContain('secret');
    const { database } = readConfig({ DATABASE_DIRECT_URL, DATABASE_URL: 'postgres://pooler.example/outcome' });
    expect(database.directUrl).toBe(DATABASE_DIRECT_URL);
  });

  test.each(['ADYEN_API_KEY', 'ADYEN_WEBHOOK_SECRET', 'ADYEN_PASSWORD', 'ADYEN_TOKEN'])(
    'never show what is in %s, which may be one of tomorrow',
    (name) => {
      const env = { [name]: 'do_not_print' };
      expect(InvalidConfig.because([{ path: [name], message: 'expected' }], env).message).toMatch(/: expected$/);
    },
  );

  test('refuse a provider that does not exist', () => {
    expect(errorOf({ PAYMENT_PROVIDER: 'paypal' })).toContain(
      `PAYMENT_PROVIDER: expected ${PAYMENT_PROVIDERS.map((name) => `"${name}"`).join(' or ')}, found "paypal"`,
    );
  });

  test('take several webhook secrets, so that one can be replaced by another', () => {
    expect(readConfig({ STRIPE_WEBHOOK_SECRET: 'whsec_one, whsec_two' }).payments.stripe.webhookSecrets).toEqual([
      'whsec_one',
      'whsec_two',
    ]);
    expect(readConfig({ STRIPE_WEBHOOK_SECRET: 'whsec_one' }).payments.stripe.webhookSecrets).toEqual(['whsec_one']);
    for (const wrong of ['whsec_one,two', 'whsec_one whsec_two'])
      expect(errorOf({ STRIPE_WEBHOOK_SECRET: wrong })).toMatch(
        /STRIPE_WEBHOOK_SECRET: expected the signing secret .+ commas/,
      );
  });

  test('never print a secret, however wrong it is', () => {
    const message = errorOf({
      STRIPE_SECRET_KEY: 'pk_live_do_not_print',
      STRIPE_WEBHOOK_SECRET: 'do_not_print',
      STRIPE_API_BASE: 'https://me:do_not_print@stripe',
    });
    expect(message).toMatch(/STRIPE_SECRET_KEY:[\s\S]*STRIPE_WEBHOOK_SECRET:[\s\S]*STRIPE_API_BASE:/);
    expect(message).not.toContain('do_not_print');
  });

  test('send a live key over TLS only', () => {
    const plain = { STRIPE_API_BASE: 'http://127.0.0.1:12111' };
    expect(readConfig({ ...plain, STRIPE_SECRET_KEY: KEY }).payments.stripe.apiBase).toBe(plain.STRIPE_API_BASE);
    expect(errorOf({ ...plain, STRIPE_SECRET_KEY: 'sk_live_51Nx' })).toContain(
      'STRIPE_API_BASE: expected https://, since',
    );
  });
});

describe('the settings of access', () => {
  test('default to loopback only', () => {
    expect(readConfig({}).http).toMatchObject({ host: '127.0.0.1', allowedHosts: [], allowedOrigins: [] });
    for (const HOST of ['localhost', '::1', '127.0.0.2']) expect(readConfig({ HOST }).http.host).toBe(HOST);
  });

  test.each([
    { HOST: '0.0.0.0' },
    { HOST: '::' },
    { HOST: '192.168.1.5' },
    { HOST: 'outcome.internal' },
    { HOST: '127.evil.example' },
    { NODE_ENV: 'production' },
  ])('refuse open access with %j, and say how to close it', (env) => {
    for (const open of [env, { ...env, AUTH_MODE: 'open' }, { ...env, ACCESS_GUARDED_IN_FRONT: 'false' }])
      expect(errorOf(open)).toMatch(/AUTH_MODE: expected "keys" or "jwt"[\s\S]*ACCESS_GUARDED_IN_FRONT=true, found "/);
    expect(readConfig({ ...env, ACCESS_GUARDED_IN_FRONT: 'true' }).access.isOpen).toBe(true);
  });

  test('open it without credentials, or take keys, JWTs or both', () => {
    expect(readConfig({}).access).toMatchObject({ isOpen: true, takesKeys: false, takesJwt: false });
    expect(readConfig({ AUTH_MODE: 'open' }).access).toMatchObject({ isOpen: true });
    expect(errorOf({ AUTH_MODE: 'open,keys' })).toContain('AUTH_MODE: expected "open" alone');
    expect(errorOf({ AUTH_MODE: 'none' })).toContain('AUTH_MODE: expected "open", or "keys", "jwt" or "keys,jwt"');
  });

  test('limit nothing where access is open, unless a setting says so', () => {
    expect(readConfig({}).limits).toEqual({
      starts: 0,
      reads: 0,
      anonymous: 0,
      streams: 0,
      sockets: 0,
      failedLogins: 0,
    });
    expect(readConfig({ LIMIT_ANONYMOUS: '7' }).limits).toMatchObject({ starts: 0, anonymous: 7 });
    expect(readConfig(CLOSED).limits).toEqual({
      starts: 100,
      reads: 300,
      anonymous: 20,
      streams: 200,
      sockets: 20,
      failedLogins: 10,
    });
    expect(readConfig({ ...CLOSED, LIMIT_READS: '0' }).limits).toMatchObject({ starts: 100, reads: 0 });
  });

  test('trust no proxy, or those of a list of addresses and networks', () => {
    expect(readConfig({}).http.trustedProxies).toEqual([]);
    const TRUST_PROXY = '10.0.0.0/8, fd00::1,::1/128';
    expect(readConfig({ TRUST_PROXY }).http.trustedProxies).toEqual(['10.0.0.0/8', 'fd00::1', '::1/128']);
  });

  describe('by JWT', () => {
    const JWT = {
      TOKEN_KEYS,
      AUTH_MODE: 'jwt',
      JWT_ISSUER: 'https://login.shop.example/',
      JWT_AUDIENCE: 'outcome',
      JWT_JWKS_URL: 'https://login.shop.example/keys',
    };
    const TENANT = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';

    test('need an issuer, an audience, and a key set or a secret', () => {
      expect(errorOf({ AUTH_MODE: 'keys,jwt' })).toMatch(
        /JWT_ISSUER: expected the `iss`[\s\S]*JWT_AUDIENCE: expected the `aud`[\s\S]*JWT_JWKS_URL: expected the address/,
      );
      expect(readConfig(JWT).access).toMatchObject({ isOpen: false, takesJwt: true, jwt: { tenantClaim: 'tenant' } });
      expect(readConfig(CLOSED).access.takesJwt).toBe(false);
    });

    test('never take a key set and a secret, and show no secret', () => {
      const JWT_SECRET = 'of-32-bytes-at-the-very-least-or-more';
      const message = errorOf({ ...JWT, JWT_SECRET });
      expect(message).toContain('JWT_SECRET: expected none beside JWT_JWKS_URL');
      expect(message).not.toContain(JWT_SECRET);
      expect(readConfig({ ...JWT, JWT_JWKS_URL: '', JWT_SECRET }).access.jwt.secret).toBe(JWT_SECRET);
      expect(errorOf({ ...JWT, JWT_JWKS_URL: '', JWT_SECRET: 'short' })).toMatch(
        /JWT_SECRET: expected 32 bytes[^"]*$/m,
      );
    });

    test.each([
      'http://login.shop.example/keys',
      'http://127.0.0.1.shop.example/keys',
      'https://user:password@login.shop.example/keys',
      'file:///etc/keys',
      'login.shop.example/keys',
    ])('refuse the key set %s', (JWT_JWKS_URL) => {
      const message = errorOf({ ...JWT, JWT_JWKS_URL });
      expect(message).toContain('JWT_JWKS_URL: expected https://host/path');
      expect(message).not.toContain(':password@');
    });

    test('take a key set without TLS on loopback', () => {
      for (const JWT_JWKS_URL of ['http://127.0.0.1:8080/keys', 'http://localhost/keys', 'http://[::1]:8080/keys'])
        expect(readConfig({ ...JWT, JWT_JWKS_URL }).access.jwt.jwksUrl).toBe(JWT_JWKS_URL);
    });

    test('map values of a claim to tenants, each once', () => {
      const { tenants } = readConfig({ ...JWT, JWT_TENANTS: `shop-a=${TENANT}, b=${TENANT}` }).access.jwt;
      expect([...tenants]).toEqual([
        ['shop-a', TENANT],
        ['b', TENANT],
      ]);
      expect(errorOf({ ...JWT, JWT_TENANTS: `shop-a=${TENANT},shop-a=${TENANT}` })).toContain(
        'JWT_TENANTS: expected each',
      );
      for (const JWT_TENANTS of ['shop-a', 'shop-a=', `=${TENANT}`, 'shop-a=1'])
        expect(errorOf({ ...JWT, JWT_TENANTS })).toContain('JWT_TENANTS: expected claim=UUID');
    });

    test('refuse what is no scope', () => {
      expect(errorOf({ ...JWT, JWT_MAX_SCOPES: 'everything' })).toContain('JWT_MAX_SCOPES: expected scopes');
    });
  });

  test('ask for keys of tokens where access is closed, and say how to make one', () => {
    const [one, two] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64')) as [string, string];
    for (const AUTH_MODE of ['keys', 'jwt', 'keys,jwt'])
      expect(errorOf({ AUTH_MODE })).toMatch(/TOKEN_KEYS: expected name:key[\s\S]*randomBytes\(32\)/);
    expect(readConfig({}).access.tokenKeys).toEqual([]);
    const worker = { AUTH_MODE: 'keys', ROLES: 'worker', PUBLIC_URL: 'https://pay.example' };
    expect(readConfig(worker).access.tokenKeys).toEqual([]);
    const { tokenKeys } = readConfig({ AUTH_MODE: 'keys', TOKEN_KEYS: `k2:${two}, k1:${one}` }).access;
    expect(tokenKeys.map(({ id, secret }) => [id, secret.toString('base64')])).toEqual([
      ['k2', two],
      ['k1', one],
    ]);
  });

  test.each([
    Buffer.alloc(32).toString('base64'),
    `k1:${Buffer.alloc(31, 1).toString('base64')}`,
    'k1:do_not_print_do_not_print_do_not_print_do_not',
    `k1:${Buffer.alloc(32, 1).toString('base64')},k1:${Buffer.alloc(32, 2).toString('base64')}`,
  ])('refuse TOKEN_KEYS=%s, and print no key', (wrong) => {
    const error = errorOf({ TOKEN_KEYS: wrong });
    expect(error).toMatch(/TOKEN_KEYS: expected (name:key|a different name)/);
    expect(error).not.toContain(wrong);
  });

  test('are lists of names and of origins', () => {
    expect(
      readConfig({
        ALLOWED_HOSTS: 'Pay.Example, 10.0.0.7,fd00::7',
        ALLOWED_ORIGINS: 'https://shop.example,http://localhost:5173',
      }).http,
    ).toMatchObject({
      allowedHosts: ['pay.example', '10.0.0.7', 'fd00::7'],
      allowedOrigins: ['https://shop.example', 'http://localhost:5173'],
    });
  });

  test.each([
    ['ALLOWED_HOSTS', 'pay.example:443'],
    ['ALLOWED_HOSTS', 'https://pay.example'],
    ['ALLOWED_HOSTS', '*'],
    ['TRUST_PROXY', 'proxy'],
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', '0.0.0.0/0'],
    ['TRUST_PROXY', '10.0.0.0/8/8'],
    ['TRUST_PROXY', '10.0.0.1,fd00::/129'],
    ['LIMIT_STARTS', '-1'],
    ['LIMIT_READS', '1.5'],
    ['LIMIT_ANONYMOUS', 'none'],
    ['ALLOWED_ORIGINS', 'shop.example'],
    ['ALLOWED_ORIGINS', 'https://shop.example/'],
    ['ALLOWED_ORIGINS', '*'],
    ['ALLOWED_ORIGINS', 'null'],
    ['ALLOWED_ORIGINS', 'https://shop.example,ftp://shop.example'],
  ])('refuse %s=%s', (name, value) => {
    expect(errorOf({ [name]: value })).toContain(`${name}: expected `);
  });
});

describe('the settings of retention', () => {
  test('are days, and never by default', () => {
    expect(readConfig({}).retention).toEqual({ stripAfterMs: 0, deleteAfterMs: 0 });
    const set = { RETENTION_STRIP_AFTER: '7', RETENTION_DELETE_AFTER: '30' };
    expect(readConfig(set).retention).toEqual({ stripAfterMs: 604_800_000, deleteAfterMs: 2_592_000_000 });
  });

  test('keep idempotency keys for as long as is promised', () => {
    expect(errorOf({ RETENTION_DELETE_AFTER: '29' })).toContain(
      'RETENTION_DELETE_AFTER: expected 0, or 30 days or more',
    );
  });

  test('strip before they delete', () => {
    const set = { RETENTION_STRIP_AFTER: '30', RETENTION_DELETE_AFTER: '30' };
    expect(errorOf(set)).toContain('RETENTION_DELETE_AFTER: expected more days than RETENTION_STRIP_AFTER');
    expect(readConfig({ RETENTION_STRIP_AFTER: '60' }).retention.deleteAfterMs).toBe(0);
  });
});
