import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../../clock/clock.js';
import { Database } from '../../database/database.js';
import { RememberedReads } from '../../database/remembered-reads.js';
import type { Transaction } from '../../database/transaction.js';
import { OperatorError } from '../../errors/operator-error.js';
import { type Place, SealedSecrets } from '../../secrets/sealed-secrets.js';
import { SECONDS } from '../../time/durations.js';
import {
  ACCOUNT_BY_ID,
  ACCOUNT_IDS,
  ACCOUNT_IN_USE,
  DISABLE_ACCOUNT,
  INSERT_ACCOUNT,
  LIST_ACCOUNTS,
  UPDATE_ACCOUNT,
} from './provider-account.sql.js';
import type { ProviderAccountEntity } from './provider-account.entity.js';

/** A change, made by the command line, counts everywhere after this. */
const KNOWN_FOR = 5 * SECONDS;
const MOST_KNOWN = 10_000;

/** A stranger's address may name anything. */
const FORM_OF_ID = /^[a-z]{1,20}-[0-9a-f]{20}$/;
const newId = (provider: string) => `${provider}-${randomBytes(10).toString('hex')}`;

/** What a provider gives to a tenant. */
export interface AccountCredentials {
  secretKey: string;
  webhookSecrets: string[];
}

export interface StoredAccount extends Pick<ProviderAccountEntity, 'id' | 'tenant' | 'provider'> {
  /** Equal while the credentials are. */
  sealed: string;
  credentials: AccountCredentials;
}

export type ListedAccount = Omit<ProviderAccountEntity, 'credentials'> & { tenantName: string | null };

/** Credentials are not stored in the clear, and there is no key to encrypt them with. */
export class NoCredentialKey extends OperatorError {
  constructor() {
    super(
      'Expected CREDENTIAL_KEYS, with which credentials are encrypted, found none. Make a key with: ' +
        `node -p "'k1:' + crypto.randomBytes(32).toString('base64')"`,
    );
  }
}

const placeOf = ({ id, tenant }: Pick<ProviderAccountEntity, 'id' | 'tenant'>): Place => ({
  table: 'provider_account',
  column: 'credentials',
  tenant,
  id,
});

export interface SetAccount {
  id: string;
  isNew: boolean;
}

/** The accounts of tenants at payment providers, as they are stored. */
@Injectable()
export class ProviderAccounts {
  private readonly byId = new RememberedReads<StoredAccount | undefined>({ max: MOST_KNOWN, ttl: KNOWN_FOR });
  private readonly inUse = new RememberedReads<string | undefined>({ max: MOST_KNOWN, ttl: KNOWN_FOR });

  constructor(
    private readonly database: Database,
    private readonly secrets: SealedSecrets,
    private readonly clock: Clock,
  ) {}

  /** Also if it is disabled. @throws SecretUnreadable */
  async find(id: string): Promise<StoredAccount | undefined> {
    return FORM_OF_ID.test(id) ? this.byId.get(id, () => this.read(id)) : undefined;
  }

  /** The account that takes new charges of the tenant. */
  inUseOf(tenant: string, provider: string): Promise<string | undefined> {
    return this.inUse.get(`${tenant} ${provider}`, async () => {
      const { rows } = await this.database.durable.query<{ id: string }>({
        ...ACCOUNT_IN_USE,
        values: [tenant, provider],
      });
      return rows[0]?.id;
    });
  }

  async ids(): Promise<string[]> {
    return (await this.database.durable.query<{ id: string }>(ACCOUNT_IDS)).rows.map(({ id }) => id);
  }

  async list(tenant: string | null): Promise<ListedAccount[]> {
    return (await this.database.durable.query<ListedAccount>({ ...LIST_ACCOUNTS, values: [tenant] })).rows;
  }

  /**
   * Changes the credentials of the account in use, or makes one; of two calls at once, the later one's credentials
   * count.
   * @param audit writes down what was set, in the same transaction
   * @throws NoCredentialKey
   */
  async set(
    tenant: string,
    provider: string,
    credentials: AccountCredentials,
    name: string | undefined,
    audit: (tx: Transaction, account: SetAccount) => Promise<void>,
  ): Promise<SetAccount> {
    if (!this.secrets.canSeal) throw new NoCredentialKey();
    for (;;) {
      const { rows } = await this.database.durable.query<{ id: string }>({
        ...ACCOUNT_IN_USE,
        values: [tenant, provider],
      });
      const id = rows[0]?.id ?? newId(provider);
      const sealed = this.secrets.seal(JSON.stringify(credentials), placeOf({ id, tenant }));
      const now = this.clock.now();
      const isNew = rows.length === 0;
      const isStored = await this.database.transaction(async (tx) => {
        const { rowCount } = await tx.query(
          isNew
            ? { ...INSERT_ACCOUNT, values: [id, tenant, provider, name ?? provider, sealed, now] }
            : { ...UPDATE_ACCOUNT, values: [id, name ?? null, sealed, now] },
        );
        if (rowCount === 1) await audit(tx, { id, isNew });
        return rowCount === 1;
      });
      // Else another call has made or disabled it meanwhile.
      if (isStored) return { id, isNew };
    }
  }

  /**
   * False: there is no such account, or it is disabled.
   * @param audit writes that down, in the same transaction
   */
  disable(id: string, audit: (tx: Transaction) => Promise<void>): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      const { rowCount } = await tx.query({ ...DISABLE_ACCOUNT, values: [id, this.clock.now()] });
      if (rowCount === 1) await audit(tx);
      return rowCount === 1;
    });
  }

  private async read(id: string): Promise<StoredAccount | undefined> {
    type Row = Pick<ProviderAccountEntity, 'id' | 'tenant' | 'provider' | 'credentials'>;
    const { rows } = await this.database.durable.query<Row>({ ...ACCOUNT_BY_ID, values: [id] });
    if (!rows[0]) return undefined;
    const { tenant, provider, credentials: sealed } = rows[0];
    const credentials = JSON.parse(this.secrets.open(sealed, placeOf({ id, tenant }))) as AccountCredentials;
    return { id, tenant, provider, sealed, credentials };
  }
}
