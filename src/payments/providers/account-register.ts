import type { PaymentProvider } from './payment-provider.js';

/** The accounts that tenants have at payment providers. Each is a provider of its own name. */
export interface AccountRegister {
  /** Where new charges of the tenant go; undefined if it has no account there. */
  of(tenant: string, provider: string): Promise<PaymentProvider | undefined>;
  /** Also one that is disabled. */
  named(id: string): Promise<PaymentProvider | undefined>;
  /** Of all tenants. */
  ids(): Promise<string[]>;
}

export const NO_ACCOUNTS: AccountRegister = {
  of: () => Promise.resolve(undefined),
  named: () => Promise.resolve(undefined),
  ids: () => Promise.resolve([]),
};
