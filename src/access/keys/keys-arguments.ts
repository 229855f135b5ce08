import { commandIn, type Commands, expectTaken, parsed } from '../../command-line/arguments.js';
import { UsageError } from '../../command-line/usage-error.js';
import { DAYS, HOURS, MINUTES } from '../../time/durations.js';
import { type GrantedScope, isScopeForKeys, SCOPES } from '../scopes.js';
import { tenantNameIn } from '../tenants/tenant-argument.js';
import type { KeyMode } from './api-key.js';
import { LONGEST_LIFE, LONGEST_OVERLAP, USUAL_OVERLAP } from './api-keys.js';

export const HELP = `API keys: who may use the service, and for what.

  npm run keys -- create --scopes <scopes> --owner <who> [--tenant <name>] [--create-tenant] [--expires 90d] [--live]
  npm run keys -- list   [--tenant <name>]
  npm run keys -- roll   <id> [--overlap 1d]
  npm run keys -- revoke <id>
  npm run keys -- revoke-tokens <id>
  npm run keys -- revoke-tokens --tenant <name>

create   prints the key on standard output. It is shown this once: the service stores its hash alone.
  --scopes         what it may do, with commas: operations:start,operations:read
  --owner          who answers for it: a name or an address
  --tenant         whose operations it sees; "default" if left out
  --create-tenant  makes the tenant if there is none of that name
  --expires        when it ends, from now: 30m, 12h or 90d; never if left out
  --live           oc_live_… in place of oc_test_…, for people and secret scanners; the service treats both alike
list     the keys, newest first, without what only their holders have.
roll     prints a new key like it. The former one works for --overlap, 1d if left out; with 0, it is revoked at once.
revoke   ends it within seconds in all processes, with the tokens that it has made.
revoke-tokens
         ends the start and watch tokens that the key, or anybody of the tenant, has made until now, within seconds in
         all processes. Keys and JWTs go on: start again under the same Idempotency-Key for a new watch token.
  --tenant         its name; its UUID if only JWT_TENANTS names it

The database is that of DATABASE_URL; without it, the embedded one of DATA_DIR, whether or not the service runs.

Scopes:
${Object.entries(SCOPES)
  .filter(([scope]) => isScopeForKeys(scope))
  .map(([scope, meaning]) => `  ${scope.padEnd(24)} ${meaning}`)
  .join('\n')}
`;

export type KeysRequest =
  | {
      command: 'create';
      tenant: string;
      createTenant: boolean;
      scopes: GrantedScope[];
      owner: string;
      expiresInMs: number | null;
      mode: KeyMode;
    }
  | { command: 'list'; tenant: string | undefined }
  | { command: 'roll'; id: string; overlapMs: number }
  | { command: 'revoke'; id: string }
  | { command: 'revoke-tokens'; of: { key: string } | { tenant: string } }
  | { command: 'help' };

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const OPTIONS = {
  scopes: text,
  owner: text,
  tenant: text,
  'create-tenant': flag,
  expires: text,
  live: flag,
  overlap: text,
};

const COMMANDS = {
  create: { ids: 0, takes: ['scopes', 'owner', 'tenant', 'create-tenant', 'expires', 'live'] },
  list: { ids: 0, takes: ['tenant'] },
  roll: { ids: 1, takes: ['overlap'] },
  revoke: { ids: 1, takes: [] },
  'revoke-tokens': { ids: undefined, takes: ['tenant'] },
} as const satisfies Commands<keyof typeof OPTIONS>;

/** @throws UsageError */
export function readArguments(given: readonly string[]): KeysRequest {
  const command = commandIn(given, COMMANDS);
  if (!command) return { command: 'help' };
  const { values, positionals } = parsed({ args: given.slice(1), options: OPTIONS, allowPositionals: true });
  expectTaken(command, COMMANDS[command], { values, positionals }, 'key');
  const [id = ''] = positionals;
  switch (command) {
    case 'create':
      return {
        command,
        tenant: tenantNameIn(values.tenant ?? 'default'),
        createTenant: values['create-tenant'] ?? false,
        scopes: scopesIn(values.scopes),
        owner: ownerNamed(values.owner),
        expiresInMs: values.expires === undefined ? null : timeOf('--expires', values.expires, LONGEST_LIFE),
        mode: values.live ? 'live' : 'test',
      };
    case 'list':
      return { command, tenant: values.tenant === undefined ? undefined : tenantNameIn(values.tenant) };
    case 'roll':
      return { command, id, overlapMs: overlapOf(values.overlap) };
    case 'revoke':
      return { command, id };
    case 'revoke-tokens':
      if (positionals.length + Object.keys(values).length !== 1)
        throw new UsageError(`Expected "${command}" with the id of one key, or with --tenant.`);
      return { command, of: values.tenant === undefined ? { key: id } : { tenant: tenantNameIn(values.tenant) } };
  }
}

function overlapOf(given: string | undefined): number {
  if (given === undefined) return USUAL_OVERLAP;
  return given === '0' ? 0 : timeOf('--overlap', given, LONGEST_OVERLAP);
}

function scopesIn(list = ''): GrantedScope[] {
  const scopes = [...new Set(list.split(',').map((scope) => scope.trim()))].filter(Boolean);
  if (scopes.length === 0) throw new UsageError('Expected --scopes, such as operations:start,operations:read.');
  const known = scopes.filter(isScopeForKeys);
  if (known.length === scopes.length) return known;
  const strange = scopes.filter((scope) => !isScopeForKeys(scope));
  throw new UsageError(
    strange.includes('keys:manage')
      ? 'A key is never granted keys:manage: a leaked key would make others. Keys are made here, and by a JWT.'
      : `Expected scopes that there are, or operations:start:<kind>, found ${strange.join(', ')}.`,
  );
}

function ownerNamed(owner = ''): string {
  if (/^\S(.{0,198}\S)?$/.test(owner)) return owner;
  throw new UsageError('Expected --owner, who answers for the key: a name or an address of up to 200 characters.');
}

function timeOf(option: string, given: string, most: number): number {
  const [, count, unit = ''] = /^([1-9]\d{0,6})([mhd])$/.exec(given) ?? [];
  const ms = Number(count) * ({ m: MINUTES, h: HOURS, d: DAYS }[unit] ?? NaN);
  if (ms <= most) return ms;
  throw new UsageError(
    `Expected ${option} as a number of minutes, hours or days, such as 30m, 12h or 90d, at most ${most / DAYS}d; ` +
      `found "${given}".`,
  );
}
