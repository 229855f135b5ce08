import type { INestApplicationContext, ModuleMetadata } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { DiscoveryModule, NestFactory } from '@nestjs/core';
import { ClockModule } from '../clock/clock.module.js';
import { readConfig, type RunningConfig } from '../config/config.js';
import { ConfigModule } from '../config/config.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { isUnavailable } from '../database/database-unavailable.js';
import { useEmbeddedPostgres } from '../database/embedded/embedded-postgres.js';
import { blaming, DatabaseUnusable, servingSettings } from '../database/database-unusable.js';
import { prepareDatabase } from '../database/prepare-database.js';
import type { Statement } from '../database/statement.js';
import { DomainError } from '../errors/domain-error.js';
import { toPrint } from '../errors/operator-error.js';
import { shutDown, stepsOf } from '../shutdown/shutdown.js';
import { UsageError } from './usage-error.js';

type Modules = Pick<ModuleMetadata, 'imports' | 'providers'>;

/** What a command needs of the service, and all statements of the service. */
interface Needed extends Modules {
  statements: readonly Statement[];
}

type Work<Result> = (app: INestApplicationContext) => Promise<Result>;

@Module({})
class CommandModule {}

/** Runs a command and says in a sentence why it fails. @param help what to type after `npm run` for help */
export async function exitCodeOf(help: string, command: () => Promise<number>): Promise<number> {
  try {
    return await command();
  } catch (error) {
    console.error(error instanceof DomainError ? error.message : toPrint(error));
    if (error instanceof UsageError) console.error(`npm run ${help} shows what there is.`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** The database of the service is used as the service would: migrated, and embedded where there is no other. */
export async function withDatabase<Result>(
  env: NodeJS.ProcessEnv,
  { statements, ...modules }: Needed,
  work: Work<Result>,
): Promise<Result> {
  // Whom the service lets in does not matter here.
  const { database: given, ...config } = readConfig({ ...env, AUTH_MODE: 'open', ACCESS_GUARDED_IN_FRONT: 'true' });
  const embedded = given.url ? undefined : await useEmbeddedPostgres(given.dataDir);
  try {
    const url = given.url ?? embedded?.url ?? '';
    const addresses = await prepareDatabase({ ...given, url }, statements);
    const database = { ...addresses, isShared: true, timeoutMs: given.timeoutMs };
    return await inContext({ ...config, redis: { ...config.redis, isCluster: false }, database }, modules, work);
  } catch (error) {
    const blamed = isUnavailable(error) ? blaming(servingSettings(given), error) : error;
    // No setting is to blame for the embedded one.
    throw embedded && blamed instanceof DatabaseUnusable ? blamed.inEmbedded(embedded.directory) : blamed;
  } finally {
    await embedded?.stop();
  }
}

async function inContext<Result>(config: RunningConfig, { imports = [], ...modules }: Modules, work: Work<Result>) {
  const common = [ConfigModule.for(config), DiscoveryModule, DatabaseModule.with([]), ClockModule];
  const options = { logger: ['error', 'warn'] as ['error', 'warn'], abortOnError: false };
  const module = { module: CommandModule, imports: [...common, ...imports], ...modules };
  const app = await NestFactory.createApplicationContext(module, options);
  try {
    return await work(app);
  } finally {
    await shutDown(stepsOf(app), 0);
    await app.close();
  }
}
