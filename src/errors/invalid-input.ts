import { DomainError } from './domain-error.js';
import type { FieldViolation } from './field-violation.js';

export class InvalidInput extends DomainError {
  readonly code = 'invalid_body';

  private constructor(
    message: string,
    readonly violations: readonly FieldViolation[],
  ) {
    super(message);
  }

  static because(violations: readonly FieldViolation[]): InvalidInput {
    return new InvalidInput(
      'The body does not have the expected shape; `errors` names each offending field.',
      violations,
    );
  }
}

export class CardNumberRefused extends DomainError {
  readonly code = 'card_number_refused';

  static at(path: string): CardNumberRefused {
    return new CardNumberRefused(
      `There is a full card number at ${path}. Send a payment method's token; card numbers are neither taken nor stored here.`,
    );
  }
}
