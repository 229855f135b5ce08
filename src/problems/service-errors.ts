import { whyUnavailable } from '../database/database-unavailable.js';
import { DomainError } from '../errors/domain-error.js';

export class StorageUnavailable extends DomainError {
  readonly code = 'storage_unavailable';

  static because(cause: unknown): StorageUnavailable {
    return new StorageUnavailable(
      `${whyUnavailable(cause)} Nothing is lost: try again with the same Idempotency-Key.`,
      undefined,
      { cause },
    );
  }
}

export class ShuttingDown extends DomainError {
  readonly code = 'shutting_down';

  static now(): ShuttingDown {
    return new ShuttingDown('The service shuts down. Nothing is lost: try again in a moment.');
  }
}

/** Replaces an unexpected error, whose own message may reveal internals. */
export class InternalError extends DomainError {
  readonly code = 'internal_error';

  static because(cause: unknown): InternalError {
    return new InternalError(
      'Something unexpected went wrong. Nothing more can be said here; the log knows more under the request id.',
      undefined,
      { cause },
    );
  }
}
