import { userInfo } from 'node:os';
import { text } from 'node:stream/consumers';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { AuditModule } from '../../access/audit/audit.module.js';
import { AuditTrail } from '../../access/audit/audit-trail.js';
import { tenantNamed } from '../../access/tenants/tenant-argument.js';
import { Tenants } from '../../access/tenants/tenants.js';
import { exitCodeOf, withDatabase } from '../../command-line/command-context.js';
import { printTable } from '../../command-line/print-table.js';
import { UsageError } from '../../command-line/usage-error.js';
import { CONFIG, type Config } from '../../config/config.js';
import type { Statement } from '../../database/statement.js';
import type { Transaction } from '../../database/transaction.js';
import { OperatorError } from '../../errors/operator-error.js';
import { SealedColumns } from '../../secrets/sealed-columns.js';
import { SecretsModule } from '../../secrets/secrets.module.js';
import { type AccountsRequest, HELP, readArguments, readCredentials } from './accounts-arguments.js';
import { ACCOUNT_KINDS, type AccountProvider } from '../providers/provider-setup.js';
import { type AccountCredentials, ProviderAccounts, type SetAccount } from './provider-accounts.js';

@Module({ imports: [SecretsModule, AuditModule], providers: [ProviderAccounts, Tenants] })
class AccountsModule {}

/** Charges on the former account would be looked for on the other one, not found there, and sent again. */
class AccountChanged extends OperatorError {}

type Answered = Exclude<AccountsRequest, { command: 'help' }>;

/** `npm run accounts`. @returns the exit code */
export function accountsCommand(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  statements: readonly Statement[],
  input: NodeJS.ReadableStream,
): Promise<number> {
  return exitCodeOf('accounts -- help', async () => {
    const request = readArguments(args);
    if (request.command === 'help') {
      console.log(HELP);
      return 0;
    }
    await withDatabase(env, { imports: [AccountsModule], statements }, (app) => answer(request, app, input));
    return 0;
  });
}

async function answer(request: Answered, app: INestApplicationContext, input: NodeJS.ReadableStream): Promise<void> {
  const accounts = app.get(ProviderAccounts, { strict: false });
  const trail = app.get(AuditTrail, { strict: false });
  const by = `command line (${userInfo().username})`;
  switch (request.command) {
    case 'set': {
      const tenant = await tenantOf(request.tenant, app);
      const credentials = readCredentials(request.provider, await text(input));
      await expectSameAccount(tenant, request.provider, credentials, app);
      const audit = (tx: Transaction, { id, isNew }: SetAccount) => {
        const act = { action: 'provider_account.set', subject: subjectOf(id), detail: { isNew } } as const;
        return trail.record({ tenant, name: by }, act, tx);
      };
      const { id, isNew } = await accounts.set(tenant, request.provider, credentials, request.name, audit);
      console.log(id);
      const { publicUrl } = app.get<Config['http']>(CONFIG.http, { strict: false });
      const address = `${publicUrl ?? 'https://<your address>'}/api/providers/${id}/webhooks`;
      console.error(
        `${isNew ? 'New charges' : 'From within five seconds on, calls'} of ${request.tenant} use it. ` +
          `At ${request.provider}, have its webhooks sent to ${address}`,
      );
      return;
    }
    case 'list': {
      const tenant = request.tenant === undefined ? null : await tenantOf(request.tenant, app);
      const rows = (await accounts.list(tenant)).map((account) => [
        account.id,
        account.tenantName ?? account.tenant,
        account.provider,
        account.createdAt.toISOString(),
        account.updatedAt.toISOString(),
        account.disabledAt?.toISOString() ?? 'in use',
        account.name,
      ]);
      return printTable([['id', 'tenant', 'provider', 'created', 'changed', 'disabled', 'name'], ...rows]);
    }
    case 'disable': {
      const [account] = (await accounts.list(null)).filter(({ id }) => id === request.id);
      if (!account) throw new UsageError(`There is no account ${request.id}.`);
      const { id, tenant } = account;
      const act = { action: 'provider_account.disabled', subject: subjectOf(id) } as const;
      const isDisabled = await accounts.disable(id, (tx) => trail.record({ tenant, name: by }, act, tx));
      console.error(
        isDisabled ? `Within five seconds, nothing new is charged on ${id}.` : `${id} was disabled before.`,
      );
      return;
    }
    case 'rotate': {
      const count = await app.get(SealedColumns, { strict: false }).reseal();
      console.error(`${count} secrets were encrypted under the first of CREDENTIAL_KEYS; all others were before.`);
    }
  }
}

const subjectOf = (id: string) => `provider account ${id}`;

/**
 * The provider is asked; where it does not tell, as for a key that is revoked by now, or restricted, people must know.
 * @throws AccountChanged
 */
async function expectSameAccount(
  tenant: string,
  provider: AccountProvider,
  credentials: AccountCredentials,
  app: INestApplicationContext,
): Promise<void> {
  const accounts = app.get(ProviderAccounts, { strict: false });
  const config = app.get<Config['payments']>(CONFIG.payments, { strict: false });
  const id = await accounts.inUseOf(tenant, provider);
  if (id === undefined) return;
  const identify = async (found: AccountCredentials | undefined) =>
    found && ACCOUNT_KINDS[provider].identify(found, config);
  const [former, next] = await Promise.all(
    [accounts.find(id).then((account) => account?.credentials), Promise.resolve(credentials)].map((asked) =>
      asked.then(identify).catch(() => undefined),
    ),
  );
  if (former === undefined || next === undefined)
    console.error(
      `${provider} did not tell whether these credentials are of the same account as the former ones: make sure that ` +
        'they are.',
    );
  else if (former !== next)
    throw new AccountChanged(
      `These credentials are of ${next}, and those of ${id} of ${former}: what was charged there would be looked for ` +
        `in the wrong place. To move to another account: npm run accounts -- disable ${id}, then set again.`,
    );
}

const tenantOf = async (name: string, app: INestApplicationContext): Promise<string> =>
  (await tenantNamed(name, app.get(Tenants, { strict: false }), 'npm run keys makes it with a key.')).id;
