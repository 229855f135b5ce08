import { tenantNameIn } from '../../access/tenants/tenant-argument.js';
import { commandIn, type Commands, expectTaken, parsed } from '../../command-line/arguments.js';
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
} as const satisfies Commands<keyof typeof OPTIONS>;

/** @throws UsageError */
export function readArguments(given: readonly string[]): AccountsRequest {
  const command = commandIn(given, COMMANDS);
  if (!command) return { command: 'help' };
  const { values, positionals } = parsed({ args: given.slice(1), options: OPTIONS, allowPositionals: true });
  expectTaken(command, COMMANDS[command], { values, positionals }, 'account');
  const [id = ''] = positionals;
  switch (command) {
    case 'set':
      return {
        command,
        tenant: ownTenant(values.tenant),
        provider: providerNamed(values.provider),
        name: values.name,
      };
    case 'list':
      return { command, tenant: values.tenant };
    case 'disable':
      return { command, id };
    case 'rotate':
      return { command };
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
  const read = ACCOUNT_KINDS[provider].credentials.safeParse({
    secretKey: given.get('SECRET_KEY')?.trim(),
    webhookSecrets: (given.get('WEBHOOK_SECRET') ?? '').split(',').flatMap((each) => each.trim() || []),
  });
  if (read.success) return read.data;
  const names: Record<string, string> = { secretKey: 'SECRET_KEY', webhookSecrets: 'WEBHOOK_SECRET' };
  throw new UsageError(
    read.error.issues.map(({ path, message }) => `${names[String(path[0])]}: ${message}.`).join(' '),
  );
}

function ownTenant(name = ''): string {
  if (name === 'default')
    throw new UsageError('The tenant "default" has the account of the settings; expected another tenant.');
  return tenantNameIn(name);
}

function providerNamed(name: string = ACCOUNT_PROVIDERS[0] ?? ''): AccountProvider {
  if (takesAccounts(name)) return name;
  throw new UsageError(`Expected --provider ${ACCOUNT_PROVIDERS.join(' or ')}, found "${name}".`);
}
