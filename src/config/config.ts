import { DAYS } from '../time/durations.js';
import { isAccessOpen, readEnvironment } from './environment.js';

/**
 * The settings in sections, each injected on its own. Times are in milliseconds.
 * @throws InvalidConfig
 */
export function readConfig(env: NodeJS.ProcessEnv) {
  const set = readEnvironment(env);
  const isOpen = isAccessOpen(set);
  const limit = (given: number | undefined, closed: number) => given ?? (isOpen ? 0 : closed);
  return Object.freeze({
    roles: Object.freeze(set.ROLES),
    http: Object.freeze({
      port: set.PORT,
      host: set.HOST,
      publicUrl: set.PUBLIC_URL,
      allowedHosts: set.ALLOWED_HOSTS,
      allowedOrigins: set.ALLOWED_ORIGINS,
      trustedProxies: set.TRUST_PROXY,
    }),
    access: Object.freeze({
      isOpen,
      takesKeys: set.AUTH_MODE.includes('keys'),
      takesJwt: set.AUTH_MODE.includes('jwt'),
      jwt: Object.freeze({
        issuer: set.JWT_ISSUER ?? '',
        audience: set.JWT_AUDIENCE ?? '',
        jwksUrl: set.JWT_JWKS_URL,
        secret: set.JWT_SECRET,
        tenantClaim: set.JWT_TENANT_CLAIM,
        tenants: set.JWT_TENANTS,
        scopeClaim: set.JWT_SCOPE_CLAIM,
        maxScopes: set.JWT_MAX_SCOPES,
      }),
      // Where access is open, callers cannot be distinguished.
      resolveAloneUpTo: isOpen ? Infinity : set.RESOLVE_ALONE_UP_TO,
      /** The first signs, all verify; none in the mode open: the process then makes one. */
      tokenKeys: Object.freeze(set.TOKEN_KEYS),
    }),
    /** 0: none. The first three are per second, the last one is per minute. */
    limits: Object.freeze({
      starts: limit(set.LIMIT_STARTS, 100),
      reads: limit(set.LIMIT_READS, 300),
      anonymous: limit(set.LIMIT_ANONYMOUS, 20),
      streams: limit(set.LIMIT_STREAMS, 200),
      sockets: limit(set.LIMIT_SOCKETS, 20),
      failedLogins: limit(set.LIMIT_FAILED_LOGINS, 10),
    }),
    database: Object.freeze({
      url: set.DATABASE_URL,
      directUrl: set.DATABASE_DIRECT_URL,
      hotUrl: set.DATABASE_URL_HOT,
      queryUrl: set.DATABASE_URL_QUERY,
      timeoutMs: set.DATABASE_TIMEOUT_MS,
      dataDir: set.DATA_DIR,
    }),
    redis: Object.freeze({ urls: Object.freeze(set.REDIS_URL) }),
    worker: Object.freeze({
      concurrency: set.WORKER_CONCURRENCY,
      maxQueueAgeMs: set.MAX_QUEUE_AGE_MS,
      maxQueueLength: set.MAX_QUEUE_LENGTH,
      jobLockMs: set.JOB_LOCK_MS,
      shutdownMs: set.SHUTDOWN_MS,
    }),
    retries: Object.freeze({
      attempts: set.RETRY_ATTEMPTS,
      baseMs: set.RETRY_BASE_MS,
      lookUpBaseMs: set.LOOK_UP_BASE_MS,
      recheckAfterMs: set.RECHECK_AFTER_MS,
      attentionAfterMs: set.ATTENTION_AFTER_MS,
    }),
    maintenance: Object.freeze({ intervalMs: set.WATCHDOG_MS }),
    /** After the end of an operation; 0: never. */
    retention: Object.freeze({
      stripAfterMs: set.RETENTION_STRIP_AFTER * DAYS,
      deleteAfterMs: set.RETENTION_DELETE_AFTER * DAYS,
    }),
    payments: Object.freeze({
      provider: set.PAYMENT_PROVIDER,
      sandbox: Object.freeze({ latencyMs: set.SANDBOX_LATENCY_MS }),
      stripe: Object.freeze({
        secretKey: set.STRIPE_SECRET_KEY,
        webhookSecrets: set.STRIPE_WEBHOOK_SECRET,
        apiBase: set.STRIPE_API_BASE,
      }),
    }),
    /** The first encrypts, all decrypt. */
    secrets: Object.freeze({ keys: Object.freeze(set.CREDENTIAL_KEYS) }),
    webhooks: Object.freeze({ allowPrivate: set.WEBHOOK_ALLOW_PRIVATE }),
    log: Object.freeze({ level: set.LOG_LEVEL }),
  });
}

export type Config = ReturnType<typeof readConfig>;

/** The config with what the start has found: the addresses of the database, also of the embedded one, and Redis. */
export interface RunningConfig extends Omit<Config, 'database' | 'redis'> {
  readonly database: {
    /** With the login that runs operations, never with the user that migrates. */
    readonly url: string;
    /** With the login that answers questions of one tenant. */
    readonly queryUrl: string;
    /** Past a pooler: for what lasts longer than a transaction, such as LISTEN and session locks. */
    readonly directUrl: string;
    /** Other processes may use it, too. */
    readonly isShared: boolean;
    readonly timeoutMs: number;
  };
  /** Without `urls`, everything is in PostgreSQL. Several are nodes of one cluster. */
  readonly redis: { readonly urls: readonly string[]; readonly isCluster: boolean };
}

/** Injection tokens: `@Inject(CONFIG.worker) config: Config['worker']`. */
export const CONFIG = {
  roles: Symbol('config.roles'),
  http: Symbol('config.http'),
  access: Symbol('config.access'),
  limits: Symbol('config.limits'),
  database: Symbol('config.database'),
  redis: Symbol('config.redis'),
  worker: Symbol('config.worker'),
  retries: Symbol('config.retries'),
  maintenance: Symbol('config.maintenance'),
  retention: Symbol('config.retention'),
  payments: Symbol('config.payments'),
  secrets: Symbol('config.secrets'),
  webhooks: Symbol('config.webhooks'),
  log: Symbol('config.log'),
} satisfies Record<keyof Config, symbol>;
