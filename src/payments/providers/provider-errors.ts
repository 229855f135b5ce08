import { DomainError } from '../../errors/domain-error.js';

export class PaymentNotFound extends DomainError {
  readonly code = 'payment_not_found';

  static because(sentences: string): PaymentNotFound {
    return new PaymentNotFound(sentences);
  }

  static of(id: string): PaymentNotFound {
    return new PaymentNotFound(
      `There is no payment of a charge ${id}. It is there from when the charge is sent to its provider; check ` +
        'the id, or ask again.',
    );
  }
}

export class ProviderAccountMissing extends DomainError {
  readonly code = 'provider_account_missing';

  static at(provider: string): ProviderAccountMissing {
    return new ProviderAccountMissing(
      `The tenant has no account at the payment provider "${provider}", and nothing is charged on another one’s. An ` +
        'operator adds it: npm run accounts -- set --tenant <name>.',
    );
  }
}

export class ProviderNotFound extends DomainError {
  readonly code = 'provider_not_found';

  static named(name: string, known: readonly string[]): ProviderNotFound {
    return new ProviderNotFound(
      `There is no payment provider "${name.slice(0, 80)}" here. Known: ${known.join(', ')}.`,
    );
  }
}
