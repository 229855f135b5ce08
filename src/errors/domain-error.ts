import type { FieldViolation } from './field-violation.js';

/**
 * What the service refuses, and why. `code` is published in docs/errors.md and on the wire; a published code is never
 * reused. The message names the operation, what was expected and what was found.
 */
export abstract class DomainError extends Error {
  abstract readonly code: string;

  protected constructor(
    message: string,
    /** Every wrong field, if the error is about the shape. */
    readonly violations?: readonly FieldViolation[],
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}
