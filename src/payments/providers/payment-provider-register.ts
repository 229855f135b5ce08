import type { OnApplicationBootstrap } from '@nestjs/common';
import { ONLY_TENANT } from '../../access/caller.js';
import { RetryableError } from '../../operations/kinds/outcome.js';
import { AnotherAccount } from './another-account.js';
import { type AccountRegister, NO_ACCOUNTS } from './account-register.js';
import type { PaymentProvider } from './payment-provider.js';
import { ProviderAccountMissing } from './provider-errors.js';

/** Where a payment was sent; without an account, the provider had not told it. */
interface SentTo {
  provider: string;
  account: string | null;
}

/**
 * The providers that this process can call: those of its settings, and the accounts of tenants, each of which counts as
 * a provider of its own. New charges go to one of them; an operation begun at another ends there.
 */
export class PaymentProviders implements OnApplicationBootstrap {
  private readonly byName: ReadonlyMap<string, PaymentProvider>;

  constructor(
    /** Where new charges go: of the first tenant, or of all if it is shared. */
    readonly chosen: PaymentProvider,
    others: readonly PaymentProvider[] = [],
    private readonly accounts: AccountRegister = NO_ACCOUNTS,
    private readonly isShared = false,
  ) {
    this.byName = new Map([chosen, ...others].map((provider) => [provider.name, provider]));
  }

  /**
   * Asks each for its account, and lets no start wait for it: what is charged before the provider has told is not
   * guarded against a key of another account.
   */
  onApplicationBootstrap(): void {
    for (const provider of this.byName.values()) void provider.identify().catch(() => undefined);
  }

  /** Where new charges of the tenant go. Never another tenant's account. @throws ProviderAccountMissing */
  async chosenFor(tenant: string): Promise<PaymentProvider> {
    const provider = await this.findChosenFor(tenant);
    if (!provider) throw ProviderAccountMissing.at(this.chosen.name);
    return provider;
  }

  async findChosenFor(tenant: string): Promise<PaymentProvider | undefined> {
    if (tenant === ONLY_TENANT || this.isShared) return this.chosen;
    return this.accounts.of(tenant, this.chosen.name);
  }

  /** @throws RetryableError if it is not set up here: an operator can still do so. */
  async named(name: string): Promise<PaymentProvider> {
    const provider = await this.find(name);
    if (provider) return provider;
    throw new RetryableError(
      'provider_not_set_up',
      `The payment provider "${name}" is not set up in this process, which knows ${this.names.join(', ')}.`,
    );
  }

  /**
   * The provider of a payment; one that refuses where its key is of another account than the payment was sent to.
   * @throws RetryableError if it is not set up here, or does not tell now whose its key is
   */
  async of({ provider: name, account }: SentTo): Promise<PaymentProvider> {
    const provider = await this.named(name);
    if (!account || provider.account === account) return provider;
    const present = await provider.identify();
    // A restricted key need not be able to read its account, and must be able to replace one that could.
    return present === null || present === account ? provider : new AnotherAccount(provider, account, present);
  }

  async find(name: string): Promise<PaymentProvider | undefined> {
    return this.byName.get(name) ?? (await this.accounts.named(name));
  }

  /** Those of the settings. */
  get names(): string[] {
    return [...this.byName.keys()];
  }

  /** The names of all accounts of tenants. */
  accountNames(): Promise<string[]> {
    return this.accounts.ids();
  }
}
