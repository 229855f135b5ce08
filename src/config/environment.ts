import { resolve } from 'node:path';
import { z } from 'zod';
import { bare, isLoopback } from './hosts.js';
import { InvalidConfig } from './invalid-config.js';
import { isNetwork } from './network.js';
import { DAYS, MINUTES, SECONDS } from '../time/durations.js';

export const PAYMENT_PROVIDERS = ['sandbox', 'stripe'] as const;

const ROLES = ['api', 'worker'] as const;

const AUTH_MODES = ['open', 'keys', 'jwt'] as const;

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** In days. */
const LONGEST_RETENTION = 36_500;
const KEYS_COUNT_FOR = 30;

export const LONGEST_JOB_LOCK = 10 * MINUTES;

const whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, 'expected a whole number')
    .transform(Number)
    .refine((n) => n >= least && n <= most, `expected a whole number from ${least} to ${most}`);

const flag = (expected: string) =>
  z
    .enum(['true', 'false'], expected)
    .default('false')
    .transform((text) => text === 'true');

const listOf = <Item extends z.ZodType<string, string>>(item: Item) =>
  z
    .string()
    .default('')
    .transform((list) =>
      list
        .split(',')
        .map((each) => each.trim())
        .filter(Boolean),
    )
    .pipe(z.array(item));

const TOKEN_KEYS_EXPECTED =
  'expected name:key, several with commas: the first signs, all verify. A key is 32 random bytes or more in base64; ' +
  `make one with: node -p "'k1:' + crypto.randomBytes(32).toString('base64')"`;

const CREDENTIAL_KEYS_EXPECTED =
  'expected name:key, several with commas: the first encrypts, all decrypt. A key is 32 random bytes in base64; make ' +
  `one with: node -p "'k1:' + crypto.randomBytes(32).toString('base64')"`;

const idOf = (namedKey: string) => namedKey.split(':', 1)[0] ?? '';

const namedKeys = (shape: RegExp, expected: string) =>
  listOf(z.string().regex(shape, expected))
    .refine((keys) => new Set(keys.map(idOf)).size === keys.length, 'expected a different name for each key')
    .transform((keys) =>
      keys.map((key) => ({ id: idOf(key), secret: Buffer.from(key.slice(idOf(key).length + 1), 'base64') })),
    );

/** True if pg can parse the address and decode its parts. */
function isReadable(url: string): boolean {
  try {
    const { username, password, pathname } = new URL(url);
    return [username, password, pathname].every((part) => decodeURIComponent(part) !== undefined);
  } catch {
    return false;
  }
}

const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\/\S+$/, 'expected postgres://user:password@host:port/database')
  .refine(
    isReadable,
    'cannot be read as an address: in user and password, write / ? # @ : % as %2F %3F %23 %40 %3A %25',
  );

/** The settings: name, shape, default. A test compares README's table with it. Names in _MS are in milliseconds. */
const settings = z.object({
  PORT: whole(0, 65_535).default(3000),
  HOST: z.string().min(1).default('127.0.0.1'),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'expected https://name or http://name:port' })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  ACCESS_GUARDED_IN_FRONT: flag(
    'expected "true", where something in front of the service lets in only who may, or "false"',
  ),
  ALLOWED_HOSTS: listOf(
    z
      .string()
      .toLowerCase()
      .regex(
        /^([\w-]+(\.[\w-]+)*|[\da-f:]*:[\da-f:.]*)$/,
        'expected names or addresses without a port, such as pay.example,10.0.0.7',
      ),
  ),
  ALLOWED_ORIGINS: listOf(
    z
      .string()
      .refine(
        (origin) => URL.canParse(origin) && new URL(origin).origin === origin,
        'expected origins, such as https://shop.example',
      )
      .regex(/^https?:/, 'expected origins, such as https://shop.example'),
  ),
  DATABASE_URL: postgresUrl.optional(),
  DATABASE_DIRECT_URL: postgresUrl.optional(),
  DATABASE_URL_HOT: postgresUrl.optional(),
  DATABASE_URL_QUERY: postgresUrl.optional(),
  DATABASE_TIMEOUT_MS: whole(100, 10 * MINUTES).default(10 * SECONDS),
  DATA_DIR: z
    .string()
    .min(1)
    .default('./data')
    .transform((directory) => resolve(directory)),
  ROLES: z
    .string()
    .default('api,worker')
    .transform((list) => list.split(',').map((role) => role.trim()))
    .pipe(z.array(z.enum(ROLES, `expected "api", "worker" or "api,worker"`)).min(1)),
  AUTH_MODE: listOf(z.enum(AUTH_MODES, `expected "open", or "keys", "jwt" or "keys,jwt"`)),
  TRUST_PROXY: listOf(
    z.string().refine(isNetwork, 'expected addresses or networks of proxies, such as 10.0.0.0/8,fd00::1'),
  ),
  LIMIT_STARTS: whole(0, 100_000).optional(),
  LIMIT_READS: whole(0, 100_000).optional(),
  LIMIT_ANONYMOUS: whole(0, 100_000).optional(),
  LIMIT_STREAMS: whole(0, 100_000).optional(),
  JWT_ISSUER: z.string().optional(),
  JWT_AUDIENCE: z.string().optional(),
  JWT_JWKS_URL: z
    .url('expected https://host/path, the address of the identity provider’s key set')
    .refine(
      (url) => URL.canParse(url) && isConfidential(new URL(url)),
      'expected https://host/path without user and password; http on loopback alone',
    )
    .optional(),
  JWT_SECRET: z
    .string()
    .refine((secret) => Buffer.byteLength(secret) >= 32, 'expected 32 bytes or more, made at random')
    .optional(),
  JWT_TENANT_CLAIM: z.string().default('tenant'),
  JWT_TENANTS: listOf(
    z
      .string()
      .regex(/^[^=]+=[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i, 'expected claim=UUID of a tenant, several with commas'),
  )
    .refine(
      (list) => new Set(list.map((each) => each.split('=')[0])).size === list.length,
      'expected each claim once, since it is of one tenant',
    )
    .transform((list): ReadonlyMap<string, string> => new Map(list.map((each) => each.split('=') as [string, string]))),
  JWT_SCOPE_CLAIM: z.string().default('scope'),
  JWT_MAX_SCOPES: listOf(
    z.string().regex(/^[a-z]+:[a-z_]+(:[\w.-]+)?$/, 'expected scopes, such as operations:read,operations:start'),
  ),
  LIMIT_SOCKETS: whole(0, 100_000).optional(),
  LIMIT_FAILED_LOGINS: whole(0, 100_000).optional(),
  NODE_ENV: z.string().optional(),
  RESOLVE_ALONE_UP_TO: whole(0, 1_000_000_000_000).default(100_000),
  TOKEN_KEYS: namedKeys(/^[\w-]{1,40}:[A-Za-z\d+/]{43,}={0,2}$/, TOKEN_KEYS_EXPECTED),
  CREDENTIAL_KEYS: namedKeys(/^[\w-]{1,40}:[A-Za-z\d+/]{43}=$/, CREDENTIAL_KEYS_EXPECTED),
  REDIS_URL: listOf(
    z
      .string()
      .regex(/^rediss?:\/\/[^\s/]+(\/\d*)?$/, 'expected redis://host:port, or rediss://user:password@host:port')
      .refine(isReadable, 'cannot be read as an address: in user and password, write / ? # @ : % , as %2F %3F … %2C'),
  ),
  WORKER_CONCURRENCY: whole(1, 10_000).default(100),
  RETRY_ATTEMPTS: whole(1, 20).default(6),
  RETRY_BASE_MS: whole(1, 1 * MINUTES).default(500),
  LOOK_UP_BASE_MS: whole(1, 1 * MINUTES).default(1 * SECONDS),
  ATTENTION_AFTER_MS: whole(1, 30 * DAYS).default(1 * DAYS),
  MAX_QUEUE_AGE_MS: whole(0, 1 * DAYS).default(1 * MINUTES),
  MAX_QUEUE_LENGTH: whole(0, 100_000).default(50_000),
  RECHECK_AFTER_MS: whole(1, 30 * DAYS).default(15 * MINUTES),
  JOB_LOCK_MS: whole(200, LONGEST_JOB_LOCK).default(15 * SECONDS),
  WATCHDOG_MS: whole(50, 10 * MINUTES).default(15 * SECONDS),
  RETENTION_STRIP_AFTER: whole(0, LONGEST_RETENTION).default(0),
  RETENTION_DELETE_AFTER: whole(0, LONGEST_RETENTION)
    .default(0)
    .refine(
      (days) => days === 0 || days >= KEYS_COUNT_FOR,
      `expected 0, or ${KEYS_COUNT_FOR} days or more, since an idempotency key counts as long as its operation is kept`,
    ),
  SHUTDOWN_MS: whole(0, 10 * MINUTES).default(10 * SECONDS),
  PAYMENT_PROVIDER: z
    .enum(PAYMENT_PROVIDERS, `expected ${PAYMENT_PROVIDERS.map((name) => `"${name}"`).join(' or ')}`)
    .default('sandbox'),
  SANDBOX_LATENCY_MS: whole(0, 1 * MINUTES).default(150),
  STRIPE_SECRET_KEY: z
    .string()
    .regex(/^(sk|rk)_\w+$/, 'expected a secret key of Stripe, sk_… or, restricted, rk_…')
    .optional(),
  STRIPE_WEBHOOK_SECRET: listOf(
    z
      .string()
      .regex(
        /^whsec_\S+$/,
        'expected the signing secret of a webhook endpoint at Stripe, whsec_…, several with commas',
      ),
  ),
  STRIPE_API_BASE: z
    .string()
    .regex(/^https?:\/\/[^\s/?#@]+\/?$/, 'expected https://host or https://host:port')
    .default('https://api.stripe.com'),
  WEBHOOK_ALLOW_PRIVATE: flag('expected "true" or "false"'),
  LOG_LEVEL: z.enum(LOG_LEVELS, `expected ${LOG_LEVELS.map((level) => `"${level}"`).join(' or ')}`).default('info'),
});

/** Without credentials, and read on the way by nobody. */
const isConfidential = ({ protocol, hostname, username, password }: URL) =>
  !username && !password && (protocol === 'https:' || (protocol === 'http:' && isLoopback(bare(hostname))));

type Given = z.output<typeof settings>;

export const isAccessOpen = ({ AUTH_MODE = [] }: Partial<Given>) => AUTH_MODE.every((mode) => mode === 'open');

const takesJwt = ({ AUTH_MODE = [] }: Partial<Given>) => AUTH_MODE.includes('jwt');

const isGuarded = ({ HOST = '', NODE_ENV, ACCESS_GUARDED_IN_FRONT }: Partial<Given>) =>
  ACCESS_GUARDED_IN_FRONT || (isLoopback(HOST) && NODE_ENV !== 'production');

/** Checks a rule between settings even if one of them is invalid; Zod by itself would report only that one. */
const always = { when: () => true };

const environment = settings
  .refine(({ AUTH_MODE = [] }: Partial<Given>) => AUTH_MODE.length < 2 || !AUTH_MODE.includes('open'), {
    path: ['AUTH_MODE'],
    error: 'expected "open" alone: with it, nobody is asked for credentials',
    ...always,
  })
  .refine((set) => !isAccessOpen(set) || isGuarded(set), {
    path: ['AUTH_MODE'],
    error:
      'expected "keys" or "jwt", since other machines may reach this one: HOST is no loopback address, or ' +
      'NODE_ENV is "production". Where something in front lets in only who may (a proxy, a firewall, the port ' +
      'that a container publishes), say so with ACCESS_GUARDED_IN_FRONT=true',
    ...always,
  })
  .refine((set) => !takesJwt(set) || set.JWT_ISSUER, {
    path: ['JWT_ISSUER'],
    error: 'expected the `iss` of your identity provider’s tokens, since AUTH_MODE includes "jwt"',
    ...always,
  })
  .refine((set) => !takesJwt(set) || set.JWT_AUDIENCE, {
    path: ['JWT_AUDIENCE'],
    error: 'expected the `aud` of tokens that are meant for this service, since AUTH_MODE includes "jwt"',
    ...always,
  })
  .refine((set) => !takesJwt(set) || set.JWT_JWKS_URL || set.JWT_SECRET, {
    path: ['JWT_JWKS_URL'],
    error:
      'expected the address of your identity provider’s key set, or a secret shared with it in JWT_SECRET, since ' +
      'AUTH_MODE includes "jwt"',
    ...always,
  })
  .refine(({ JWT_JWKS_URL, JWT_SECRET }) => !JWT_JWKS_URL || !JWT_SECRET, {
    path: ['JWT_SECRET'],
    error: 'expected none beside JWT_JWKS_URL: an issuer signs with private keys or with a shared secret, never both',
    ...always,
  })
  .refine((set) => isAccessOpen(set) || !set.ROLES?.includes('api') || set.TOKEN_KEYS?.length !== 0, {
    path: ['TOKEN_KEYS'],
    error: `${TOKEN_KEYS_EXPECTED}. All nodes need the same`,
    ...always,
  })
  .refine(
    ({ ROLES, PAYMENT_PROVIDER, PUBLIC_URL }) =>
      PAYMENT_PROVIDER !== 'sandbox' || PUBLIC_URL || !/^(api|worker)$/.test(ROLES?.join() ?? ''),
    {
      path: ['PUBLIC_URL'],
      error:
        'expected the address at which customers reach the processes with the role "api", since this one is not the ' +
        'only one and gives away links to the sandbox’s page',
      ...always,
    },
  )
  .refine(({ RETENTION_STRIP_AFTER: strip, RETENTION_DELETE_AFTER: remove }) => !strip || !remove || strip < remove, {
    path: ['RETENTION_DELETE_AFTER'],
    error: 'expected more days than RETENTION_STRIP_AFTER: what is deleted needs no stripping',
    ...always,
  })
  .refine(({ DATABASE_URL, DATABASE_DIRECT_URL }) => DATABASE_URL || !DATABASE_DIRECT_URL, {
    path: ['DATABASE_DIRECT_URL'],
    error: 'expected DATABASE_URL as well, the address of the pooler in front of the same database',
    ...always,
  })
  .refine((set) => !set.DATABASE_URL_HOT === !set.DATABASE_URL_QUERY && (set.DATABASE_URL || !set.DATABASE_URL_HOT), {
    path: ['DATABASE_URL_HOT'],
    error: 'expected with DATABASE_URL_QUERY and DATABASE_URL: two logins to serve with, and the one that migrates',
    ...always,
  })
  .refine(({ PAYMENT_PROVIDER, STRIPE_SECRET_KEY }) => PAYMENT_PROVIDER !== 'stripe' || STRIPE_SECRET_KEY, {
    path: ['STRIPE_SECRET_KEY'],
    error: 'expected a secret key of Stripe, since PAYMENT_PROVIDER is "stripe"',
    ...always,
  })
  .refine(
    ({ STRIPE_SECRET_KEY, STRIPE_API_BASE }) =>
      !STRIPE_SECRET_KEY?.includes('_live_') || STRIPE_API_BASE?.startsWith('https:'),
    {
      path: ['STRIPE_API_BASE'],
      error: 'expected https://, since STRIPE_SECRET_KEY is a live key and would travel in the clear',
      ...always,
    },
  );

export const SETTINGS = Object.keys(settings.shape);

/** An empty value counts as unset. @throws InvalidConfig that lists every invalid setting. */
export function readEnvironment(env: NodeJS.ProcessEnv): z.output<typeof environment> {
  const given = Object.fromEntries(SETTINGS.map((name) => [name, env[name] || undefined]));
  const parsed = environment.safeParse(given);
  if (!parsed.success) throw InvalidConfig.because(parsed.error.issues, env);
  return parsed.data;
}
