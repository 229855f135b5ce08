import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { DeniedAttemptsFilter } from './access/audit/denied-attempts.filter.js';
import { authenticateRequests } from './access/authentication.hook.js';
import { Authenticator } from './access/authenticator.js';
import { mostScopes } from './access/jwt/granted-scopes.js';
import { ForeignRequests, refuseForeignRequests } from './access/foreign-requests.hook.js';
import { ClientAddresses } from './access/limits/client-addresses.js';
import { RequestLimits } from './access/limits/request-limits.js';
import { refuseRepeatedHeaders } from './access/repeated-headers.hook.js';
import { limitAnonymousRequests, limitCallers, refusedRequestsLimit } from './access/request-limits.hook.js';
import { AppModule } from './app.module.js';
import { type Config, readConfig, type RunningConfig } from './config/config.js';
import { startEmbeddedPostgres } from './database/embedded/embedded-postgres.js';
import { blaming, DatabaseUnusable, servingSettings } from './database/database-unusable.js';
import { prepareDatabase } from './database/prepare-database.js';
import { GuardedIoAdapter } from './delivery/socket/guarded-io.adapter.js';
import { OperatorError } from './errors/operator-error.js';
import { AnsweringAdapter } from './http/answering.adapter.js';
import { heedBodyLimits } from './http/body-limits.hook.js';
import { readBodiesAsBytes } from './http/json-body.decorator.js';
import { refuseOtherMethods } from './http/other-methods.hook.js';
import { logRequests } from './http/request-log.hook.js';
import { addSecurityHeaders } from './http/security-headers.hook.js';
import { serverOptions } from './http/server-options.js';
import { refuseOnceShuttingDown } from './http/shutting-down.hook.js';
import { createLogger, NestLogger } from './observability/logger.js';
import { serveDocs } from './openapi/serve-docs.js';
import { ProblemFilter } from './problems/problem.filter.js';
import { RefusedRequests } from './problems/refused-requests.js';
import { longestShutdown, shutDown, type Step, stepsOf } from './shutdown/shutdown.js';
import { STATEMENTS } from './statements.js';
import { SECONDS } from './time/durations.js';

/** The headers that a page of an allowed origin may read. */
const READABLE = [
  'ETag',
  'Idempotent-Replayed',
  'Location',
  'Preference-Applied',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'X-Request-Id',
];

/** DELETE ends a connection of SignalR. */
const METHODS = ['GET', 'HEAD', 'POST', 'DELETE'];

/** The running service. */
export interface Outcome {
  readonly config: Config;
  /** The address it listens on, such as http://127.0.0.1:3000. */
  readonly url: string;
  readonly data: string;
  readonly app: NestFastifyApplication;
  /** Resolves with the reason if the service cannot continue. */
  readonly failed: Promise<Error>;
  /**
   * Refuses new requests, finishes or hands back running work, closes the connections, stops PostgreSQL.
   * @throws StoppedLate
   */
  stop(): Promise<void>;
}

/**
 * Starts the roles named in the environment.
 * @throws InvalidConfig, EmbeddedPostgresError, CannotListen, DatabaseUnusable, ServingRolesUnusable, RedisUnusable
 */
export async function startOutcome(env: NodeJS.ProcessEnv): Promise<Outcome> {
  const config = readConfig(env);
  // Scopes are known to access alone: like all other settings, they are refused before anything is started.
  mostScopes(config.access.jwt.maxScopes);
  const logger = createLogger(config.log.level);
  const { dataDir, timeoutMs, ...given } = config.database;
  const redis = await findRedis(config.redis.urls);
  const embedded = given.url ? undefined : await startEmbeddedPostgres({ dataDir, warn: (line) => logger.warn(line) });
  const url = given.url ?? embedded?.url ?? '';
  try {
    const addresses = await prepareDatabase({ ...given, url }, STATEMENTS);
    const database = Object.freeze({ ...addresses, isShared: !embedded, timeoutMs });
    const { app, close } = await createApp({ ...config, redis, database }, logger);
    return {
      config,
      app,
      url: await listen(app, config.http, close),
      failed: embedded?.failed ?? new Promise(() => undefined),
      data: embedded?.directory ?? 'in the database of DATABASE_URL',
      stop: async () => {
        const late = await close();
        await embedded?.stop();
        logger.flush();
        if (late.length > 0) throw StoppedLate.because(late, longestShutdown(config.worker.shutdownMs));
      },
    };
  } catch (error) {
    await embedded?.stop();
    const blamed = blaming(servingSettings(given), error);
    throw embedded && blamed instanceof DatabaseUnusable ? blamed.inEmbedded(embedded.directory) : blamed;
  }
}

/** Loads the client of Redis only where there is one. */
async function findRedis(urls: readonly string[]): Promise<RunningConfig['redis']> {
  if (urls.length === 0) return { urls, isCluster: false };
  const { inspectRedis } = await import('./redis/redis-at-start.js');
  return inspectRedis(urls);
}

async function createApp(config: RunningConfig, logger: Logger) {
  const adapter = new AnsweringAdapter(serverOptions());
  readBodiesAsBytes(adapter.getInstance());
  heedBodyLimits(adapter.getInstance());
  addSecurityHeaders(adapter.getInstance());
  logRequests(adapter.getInstance(), logger);
  const refuseRequests = refuseOnceShuttingDown(adapter.getInstance());
  refuseRepeatedHeaders(adapter.getInstance());
  const foreign = new ForeignRequests(config.http);
  refuseForeignRequests(adapter.getInstance(), foreign);
  limitAnonymousRequests(adapter.getInstance(), config, () => limiting);
  refuseOtherMethods(adapter.getInstance());
  authenticateRequests(
    adapter.getInstance(),
    () => authenticator,
    () => limiting.addresses,
    refusedRequestsLimit(config.limits, () => limiting),
  );
  limitCallers(adapter.getInstance(), config.limits, () => limiting);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.for(config), adapter, {
    logger: new NestLogger(logger),
    bodyParser: false,
    forceCloseConnections: true,
    abortOnError: false,
  });
  const authenticator = app.get(Authenticator);
  const limiting = { limits: app.get(RequestLimits), addresses: app.get(ClientAddresses) };
  const { allowedOrigins } = config.http;
  app.useWebSocketAdapter(new GuardedIoAdapter(app, foreign, allowedOrigins));
  if (allowedOrigins.length > 0)
    app.enableCors({ origin: [...allowedOrigins], methods: METHODS, exposedHeaders: READABLE, maxAge: 600 });
  // The last one that takes an error gets it.
  app.useGlobalFilters(new ProblemFilter(app.get(RefusedRequests)), app.get(DeniedAttemptsFilter));
  if (config.roles.includes('api')) serveDocs(app);
  const steps: Step[] = [
    { name: 'refuseRequests', phase: 'requests', stop: refuseRequests },
    { name: 'NestJS', phase: 'server', stop: () => app.close() },
    ...stepsOf(app),
  ];
  return { app, close: () => shutDown(steps, config.worker.shutdownMs) };
}

/** Something did not stop in time and was left running. */
export class StoppedLate extends OperatorError {
  static because(late: readonly string[], ms: number): StoppedLate {
    return new StoppedLate(
      `Outcome was to stop within ${ms / SECONDS} s, and ${late.join(', ')} did not end, most likely since ` +
        'the database does not answer. It ends now; what was under way goes on at the next start, or in another ' +
        'process.',
    );
  }
}

/** The service cannot listen on the address: most likely another process uses it. */
export class CannotListen extends OperatorError {}

function cannotListen(code: string | undefined, port: number, host: string): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is taken. Stop what listens there, or choose another with PORT.`;
    case 'EACCES':
      return (
        `Port ${port} on ${host} may not be used by this user: those below 1024 are kept for root. Choose ` +
        'another with PORT, or have a proxy in front.'
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EINVAL':
      return `${host} is no address of this machine. Set HOST to one that it has, such as 127.0.0.1.`;
    default:
      return undefined;
  }
}

/** Fastify itself listens, since Nest would log a stack in place of one sentence. */
async function listen(
  app: NestFastifyApplication,
  { port, host }: Config['http'],
  close: () => Promise<unknown>,
): Promise<string> {
  try {
    await app.init();
    return await app.getHttpAdapter().getInstance().listen({ port, host });
  } catch (error) {
    await close();
    const why = cannotListen((error as NodeJS.ErrnoException).code, port, host);
    throw why === undefined ? error : new CannotListen(why);
  }
}
