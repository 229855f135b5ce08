import { userInfo } from 'node:os';
import { Module } from '@nestjs/common';
import { DiscoveryModule, NestFactory } from '@nestjs/core';
import { ClockModule } from '../../clock/clock.module.js';
import { readConfig, type RunningConfig } from '../../config/config.js';
import { ConfigModule } from '../../config/config.module.js';
import { InvalidConfig } from '../../config/environment.js';
import { DatabaseModule } from '../../database/database.module.js';
import { isUnavailable, whyUnavailable } from '../../database/database-unavailable.js';
import { EmbeddedPostgresError, useEmbeddedPostgres } from '../../database/embedded/embedded-postgres.js';
import { migrate } from '../../database/migrate.js';
import { DomainError } from '../../errors/domain-error.js';
import { shutDown, stepsOf } from '../../shutdown/shutdown.js';
import type { ApiKeyRecord, ShownOnce } from './api-keys.js';
import { ApiKeys } from './api-keys.js';
import { HELP, type KeysRequest, readArguments, UsageError } from './keys-arguments.js';
import { KeysModule } from './keys.module.js';
import { Tenants } from './tenants.js';

@Module({})
class KeysCommandModule {}

const FORESEEN = [UsageError, InvalidConfig, EmbeddedPostgresError, DomainError];

const MOST_LISTED = 10_000;

/** `npm run keys`. @returns the exit code */
export async function keysCommand(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  try {
    const request = readArguments(args);
    if (request.command === 'help') console.log(HELP);
    else await withKeys(env, (keys, tenants) => answer(request, keys, tenants));
    return 0;
  } catch (error) {
    console.error(sentenceOf(error));
    if (error instanceof UsageError) console.error('npm run keys -- help shows what there is.');
    return error instanceof UsageError ? 2 : 1;
  }
}

function sentenceOf(error: unknown): unknown {
  if (FORESEEN.some((type) => error instanceof type)) return (error as Error).message;
  return isUnavailable(error) ? `${whyUnavailable(error)} Check DATABASE_URL, and that the database runs.` : error;
}

type Answered = Exclude<KeysRequest, { command: 'help' }>;

async function answer(request: Answered, keys: ApiKeys, tenants: Tenants): Promise<void> {
  const by = { name: `command line (${userInfo().username})` };
  switch (request.command) {
    case 'create': {
      const tenant = await tenantOf(request.tenant, tenants, request.createTenant);
      return show(await keys.create({ ...request, tenant }, by));
    }
    case 'list': {
      const tenant = request.tenant === undefined ? undefined : await tenantOf(request.tenant, tenants);
      return list(await keys.list(tenant, MOST_LISTED));
    }
    case 'roll': {
      const { former, ...made } = await keys.roll(request.id, request.overlapMs, by);
      show(made);
      console.error(
        former.revokedAt
          ? `The former key ${former.id} is revoked.`
          : `The former key ${former.id} works until ${former.expiresAt?.toISOString()}. If it has leaked, ` +
              `end it now: npm run keys -- revoke ${former.id}`,
      );
      return;
    }
    case 'revoke': {
      const { id, revokedAt } = await keys.revoke(request.id, by);
      console.error(`The key ${id} is revoked since ${revokedAt?.toISOString()}.`);
    }
  }
}

async function tenantOf(name: string, tenants: Tenants, create = false): Promise<string> {
  if (create) await tenants.create(name);
  const tenant = await tenants.find(name);
  if (tenant) return tenant.id;
  const names = (await tenants.list()).map((each) => each.name);
  throw new UsageError(
    `There is no tenant "${name}", only ${names.join(', ')}. To make it with its first key, add --create-tenant.`,
  );
}

/** The key alone is on standard output, for a variable of a script. */
function show({ key, record }: ShownOnce): void {
  console.log(key);
  const { id, tenantName, scopes, owner, expiresAt } = record;
  console.error(
    [
      'Keep it now: it is shown this once.',
      `  id      ${id}`,
      `  tenant  ${tenantName}`,
      `  scopes  ${scopes.join(', ')}`,
      `  owner   ${owner}`,
      `  ends    ${expiresAt?.toISOString() ?? 'never'}`,
    ].join('\n'),
  );
}

function list(records: readonly ApiKeyRecord[]): void {
  const rows = records.map((record) => [
    record.id,
    record.mode,
    record.tenantName,
    record.owner,
    record.createdAt.toISOString(),
    record.lastUsedAt?.toISOString() ?? 'never',
    record.revokedAt ? `revoked ${record.revokedAt.toISOString()}` : (record.expiresAt?.toISOString() ?? 'never'),
    record.scopes.join(','),
  ]);
  const table = [['id', 'mode', 'tenant', 'owner', 'created', 'last used', 'ends', 'scopes'], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of table)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

/** The database of the service is used as the service would: migrated, and embedded where there is no other. */
async function withKeys(env: NodeJS.ProcessEnv, work: (keys: ApiKeys, tenants: Tenants) => Promise<void>) {
  // Whom the service lets in does not matter here.
  const { database: given, ...config } = readConfig({ ...env, AUTH_MODE: 'open', ACCESS_GUARDED_IN_FRONT: 'true' });
  const embedded = given.url ? undefined : await useEmbeddedPostgres(given.dataDir);
  try {
    const url = given.url ?? embedded?.url ?? '';
    const directUrl = given.directUrl ?? url;
    await migrate(directUrl);
    const database = { url, directUrl, isShared: true, timeoutMs: given.timeoutMs };
    await inContext({ ...config, redis: { ...config.redis, isCluster: false }, database }, work);
  } finally {
    await embedded?.stop();
  }
}

async function inContext(config: RunningConfig, work: (keys: ApiKeys, tenants: Tenants) => Promise<void>) {
  const imports = [ConfigModule.for(config), DiscoveryModule, DatabaseModule.with([]), ClockModule, KeysModule];
  const options = { logger: ['error', 'warn'] as ['error', 'warn'], abortOnError: false };
  const app = await NestFactory.createApplicationContext({ module: KeysCommandModule, imports }, options);
  try {
    await work(app.get(ApiKeys, { strict: false }), app.get(Tenants, { strict: false }));
  } finally {
    await shutDown(stepsOf(app), 0);
    await app.close();
  }
}
