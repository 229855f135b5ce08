import { DomainError } from '../../errors/domain-error.js';

/** Clients get these errors at the start; if a worker meets one later, it becomes the failure's code and message. */
export class ChargeNotFound extends DomainError {
  readonly code = 'charge_not_found';

  static withId(id: string): ChargeNotFound {
    return new ChargeNotFound(`There is no charge ${id}. Give the id of an operation of the kind payment.charge.`);
  }
}

export class ChargeNotSuccessful extends DomainError {
  readonly code = 'charge_not_successful';

  static of(id: string, status: string): ChargeNotSuccessful {
    return new ChargeNotSuccessful(`The charge ${id} is ${status}; expected one that has ended as success.`);
  }
}

export class AmountExceedsPayment extends DomainError {
  readonly code = 'amount_exceeds_payment';

  static of(id: string, wanted: number | undefined, left: number, currency: string): AmountExceedsPayment {
    const found = wanted === undefined ? 'and nothing is left' : `found ${wanted}`;
    return new AmountExceedsPayment(
      `Of the charge ${id}, ${left} ${currency} (minor units) can be moved still, less what other operations ` +
        `are about to move; ${found}.`,
    );
  }
}

export class AuthorizationNotOpen extends DomainError {
  readonly code = 'authorization_not_open';

  static of(id: string, why: string): AuthorizationNotOpen {
    return new AuthorizationNotOpen(`The charge ${id} has no open authorization: ${why}.`);
  }
}
