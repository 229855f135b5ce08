import { parseArgs } from 'node:util';
import { TENANT_NAME } from '../../access/keys/tenants.js';
import { UsageError } from '../../command-line/usage-error.js';
import { ACCOUNT_KINDS, ACCOUNT_PROVIDERS, type AccountProvider, takesAccounts } from '../providers/provider-setup.js';
import type { AccountCredentials } from './provider-accounts.js';

export const HELP = `Accounts of tenants at payment providers: on whose account a tenant's charges are made.

  npm run accounts -- set     --tenant <name> [--provider ${ACCOUNT_PROVIDERS[0]}] [--name <text>] < credentials
  npm run accounts -- list    [--tenant <name>]
  npm run accounts -- disable <id>
  npm run accounts -- rotate

set      makes the tenant's account, or gives other credentials to the one in use. It reads them from standard input,
         a line each, never from the command line, which other processes can see:
           SECRET_KEY=…
           WEBHOOK_SECRET=…        (the signing secret of its webhooks; the old and the new one with a comma)
         They are stored encrypted and not shown again. It prints the address for the provider's webhooks.
list     the accounts, without their credentials.
disable  nothing new is charged there. What has begun there ends there: look-ups, refunds and webhooks go on.
rotate   encrypts all stored secrets under the first of CREDENTIAL_KEYS, also those of outgoing webhooks.

The tenant "default" has the account of the settings (README).
The database is that of DATABASE_URL; without it, the embedded one of DATA_DIR, whether or not the service runs.
`;

export type AccountsRequest =
  | { command: 'set'; tenant: string; provider: AccountProvider; name: string | undefined }
  | { command: 'list'; tenant: string | undefined }
  | { command: 'disable'; id: string }
  | { command: 'rotate' }
  | { command: 'help' };

const text = { type: 'string' } as const;
const OPTIONS = { tenant: text, provider: text, name: text };

const COMMANDS = {
  set: { ids: 0, takes: ['tenant', 'provider', 'name'] },
  list: { ids: 0, takes: ['tenant'] },
  disable: { ids: 1, takes: [] },
  rotate: { ids: 0, takes: [] },
} as const satisfies Record<string, { ids: number; takes: readonly (keyof typeof OPTIONS)[] }>;

type Command = keyof typeof COMMANDS;

/** @throws UsageError */
export function readArguments([command = 'help', ...rest]: readonly string[]): AccountsRequest {
  if (['help', '--help', '-h'].includes(command)) return { command: 'help' };
  if (!Object.hasOwn(COMMANDS, command))
    throw new UsageError(`Expected set, list, disable or rotate, found "${command}".`);
  const { values, id } = parsed(command as Command, rest);
  switch (command as Command) {
    case 'set':
      return {
        command: 'set',
        tenant: ownTenant(values.tenant),
        provider: providerNamed(values.provider),
        name: values.name,
      };
    case 'list':
      return { command: 'list', tenant: values.tenant };
    case 'disable':
      return { command: 'disable', id };
    case 'rotate':
      return { command: 'rotate' };
  }
}

/** `NAME=value`, a line each. The errors name no value. @throws UsageError */
export function readCredentials(provider: AccountProvider, input: string): AccountCredentials {
  const lines = input.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const given = new Map(lines.map((line) => [line.split('=', 1)[0]?.trim() ?? '', line.slice(line.indexOf('=') + 1)]));
  const strange = [...given.keys()].filter((name) => name !== 'SECRET_KEY' && name !== 'WEBHOOK_SECRET');
  if (strange.length > 0 || !given.has('SECRET_KEY'))
    throw new UsageError(
      'Expected the lines SECRET_KEY=… and WEBHOOK_SECRET=… on standard input, found others or none.',
    );
  const parsedCredentials = ACCOUNT_KINDS[provider].credentials.safeParse({
    secretKey: given.get('SECRET_KEY')?.trim(),
    webhookSecrets: (given.get('WEBHOOK_SECRET') ?? '').split(',').flatMap((each) => each.trim() || []),
  });
  if (parsedCredentials.success) return parsedCredentials.data;
  const names: Record<string, string> = { secretKey: 'SECRET_KEY', webhookSecrets: 'WEBHOOK_SECRET' };
  throw new UsageError(
    parsedCredentials.error.issues.map(({ path, message }) => `${names[String(path[0])]}: ${message}.`).join(' '),
  );
}

function parsed(command: Command, args: string[]) {
  const { ids, takes } = COMMANDS[command];
  let found;
  try {
    found = parseArgs({ args, options: OPTIONS, strict: true, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const { values, positionals } = found;
  const strange = Object.keys(values).find((option) => !(takes as readonly string[]).includes(option));
  if (strange) throw new UsageError(`"${command}" takes no --${strange}.`);
  if (positionals.length !== ids)
    // Not what was found: it might be a secret.
    throw new UsageError(
      ids === 1 ? `Expected "${command}" with the id of one account.` : `"${command}" takes options alone.`,
    );
  return { values, id: positionals[0] ?? '' };
}

function ownTenant(name = ''): string {
  if (name === 'default')
    throw new UsageError('The tenant "default" has the account of the settings; expected another tenant.');
  if (TENANT_NAME.test(name)) return name;
  throw new UsageError(`Expected --tenant, a name of small letters, digits and hyphens, found "${name}".`);
}

function providerNamed(name: string = ACCOUNT_PROVIDERS[0] ?? ''): AccountProvider {
  if (takesAccounts(name)) return name;
  throw new UsageError(`Expected --provider ${ACCOUNT_PROVIDERS.join(' or ')}, found "${name}".`);
}
