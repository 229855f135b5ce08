import { DomainError } from './domain-error.js';
import type { FieldViolation } from './field-violation.js';

export class InvalidInput extends DomainError {
  readonly code = 'invalid_body';

  static because(violations: readonly FieldViolation[]): InvalidInput {
    return new InvalidInput('The body does not have the expected shape; `errors` names each wrong field.', violations);
  }
}

/** An invalid path, query or header. */
export class InvalidParameter extends DomainError {
  readonly code = 'invalid_parameter';

  static because(violations: readonly FieldViolation[]): InvalidParameter {
    const named = violations.map(({ path, message }) => `${path}: ${message}`).join('; ');
    return new InvalidParameter(`Not as expected: ${named}.`, violations);
  }
}

export class CardNumberRefused extends DomainError {
  readonly code = 'card_number_refused';

  static at(path: string): CardNumberRefused {
    return new CardNumberRefused(
      `There is a full card number at ${path}. Send a payment method's token; card numbers are neither taken ` +
        'nor stored here.',
    );
  }
}
