import { userInfo } from 'node:os';
import type { INestApplicationContext } from '@nestjs/common';
import { validate as isUuid } from 'uuid';
import { exitCodeOf, withDatabase } from '../../command-line/command-context.js';
import { printTable } from '../../command-line/print-table.js';
import type { Statement } from '../../database/statement.js';
import { tenantNamed } from '../tenants/tenant-argument.js';
import { type Tenant, Tenants } from '../tenants/tenants.js';
import type { ApiKeyRecord, ShownOnce } from './api-keys.js';
import { ApiKeys } from './api-keys.js';
import { HELP, type KeysRequest, readArguments } from './keys-arguments.js';
import { KeysModule } from './keys.module.js';
import { TokenRevocations } from './token-revocations.js';

const MOST_LISTED = 10_000;

/** `npm run keys`. @returns the exit code */
export function keysCommand(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  statements: readonly Statement[],
): Promise<number> {
  return exitCodeOf('keys -- help', async () => {
    const request = readArguments(args);
    if (request.command === 'help') console.log(HELP);
    else await withDatabase(env, { imports: [KeysModule], statements }, (app) => answer(request, app));
    return 0;
  });
}

type Answered = Exclude<KeysRequest, { command: 'help' }>;

async function answer(request: Answered, app: INestApplicationContext): Promise<void> {
  const keys = app.get(ApiKeys, { strict: false });
  const tenants = app.get(Tenants, { strict: false });
  const by = { name: `command line (${userInfo().username})` };
  switch (request.command) {
    case 'create': {
      const { id: tenant } = await tenantOf(request.tenant, tenants, request.createTenant);
      return show(await keys.create({ ...request, tenant }, by));
    }
    case 'list': {
      const tenant = request.tenant === undefined ? undefined : (await tenantOf(request.tenant, tenants)).id;
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
      return;
    }
    case 'revoke-tokens': {
      const revocations = app.get(TokenRevocations, { strict: false });
      const { of } = request;
      if ('key' in of) await revocations.ofKey(of.key, by);
      else await revocations.ofTenant(await tenantOrId(of.tenant, tenants), by);
      const whose = 'key' in of ? `with the key ${of.key}` : `for the tenant ${of.tenant}`;
      console.error(`All tokens that were made ${whose} until now are revoked.`);
    }
  }
}

async function tenantOf(name: string, tenants: Tenants, create = false): Promise<Tenant> {
  if (create) await tenants.create(name);
  return tenantNamed(name, tenants, 'To make it with its first key, add --create-tenant.');
}

/** A tenant may be known to JWT_TENANTS alone, which has its UUID. */
const tenantOrId = async (name: string, tenants: Tenants): Promise<Tenant> =>
  (isUuid(name) && !(await tenants.find(name)) && { id: name, name }) || tenantOf(name, tenants);

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
  printTable([['id', 'mode', 'tenant', 'owner', 'created', 'last used', 'ends', 'scopes'], ...rows]);
}
