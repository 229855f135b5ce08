import { RetryableError } from '../../operations/kinds/outcome.js';
import type { PaymentProvider } from './payment-provider.js';

/**
 * The providers that this process can call. New charges go to one of them; an operation begun at another ends there.
 */
export class PaymentProviders {
  private readonly byName: ReadonlyMap<string, PaymentProvider>;

  constructor(
    /** Where new charges go. */
    readonly chosen: PaymentProvider,
    others: readonly PaymentProvider[] = [],
  ) {
    this.byName = new Map([chosen, ...others].map((provider) => [provider.name, provider]));
  }

  /** @throws RetryableError if it is not set up here: an operator can still do so. */
  named(name: string): PaymentProvider {
    const provider = this.byName.get(name);
    if (provider) return provider;
    const known = [...this.byName.keys()].join(', ');
    throw new RetryableError(
      'provider_not_set_up',
      `The payment provider "${name}" is not set up in this process, which knows ${known}.`,
    );
  }

  find(name: string): PaymentProvider | undefined {
    return this.byName.get(name);
  }

  get names(): string[] {
    return [...this.byName.keys()];
  }
}
