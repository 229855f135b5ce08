import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clock } from '../../clock/clock.js';
import { CONFIG, type Config } from '../../config/config.js';
import type { AccountRegister } from '../providers/account-register.js';
import type { PaymentProvider } from '../providers/payment-provider.js';
import { ACCOUNT_KINDS, takesAccounts } from '../providers/provider-setup.js';
import { ProviderAccounts } from './provider-accounts.js';

interface Opened {
  sealed: string;
  provider: Promise<PaymentProvider>;
}

const MOST_OPEN = 1000;

/** Opens each account once, and again when its credentials have changed or it could not be opened. */
@Injectable()
export class OpenAccounts implements AccountRegister {
  private readonly opened = new LRUCache<string, Opened>({ max: MOST_OPEN });

  constructor(
    private readonly accounts: ProviderAccounts,
    private readonly clock: Clock,
    @Inject(CONFIG.payments) private readonly config: Config['payments'],
  ) {}

  async of(tenant: string, provider: string): Promise<PaymentProvider | undefined> {
    const id = await this.accounts.inUseOf(tenant, provider);
    return id === undefined ? undefined : this.named(id);
  }

  async named(id: string): Promise<PaymentProvider | undefined> {
    const account = await this.accounts.find(id);
    if (!account || !takesAccounts(account.provider)) return undefined;
    const { sealed, provider: kind, credentials } = account;
    const open = this.opened.get(id);
    if (open?.sealed === sealed) return open.provider;
    const provider = ACCOUNT_KINDS[kind].open(credentials, id, this.config, this.clock);
    const opening = { sealed, provider };
    this.opened.set(id, opening);
    void provider.then((opened) => opened.identify()).catch(() => undefined);
    provider.catch(() => {
      // A later one may stand in its place by then.
      if (this.opened.peek(id) === opening) this.opened.delete(id);
    });
    return provider;
  }

  ids(): Promise<string[]> {
    return this.accounts.ids();
  }
}
