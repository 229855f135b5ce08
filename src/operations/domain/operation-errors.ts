import { DomainError } from '../../errors/domain-error.js';
import type { Status } from './operation-status.js';

/** An operation accepted now would wait too long for a worker. */
export class Backlogged extends DomainError {
  readonly code = 'backlogged';

  static by(ageMs: number, mostMs: number): Backlogged {
    const [age, most] = [ageMs, mostMs].map((ms) => Math.round(ms / 1000));
    return new Backlogged(
      `An operation started ${age} s ago still waits for a worker; the limit is ${most} s. Nothing was ` +
        'started: try again with the same Idempotency-Key.',
    );
  }

  static byNumber(waiting: number, most: number): Backlogged {
    return new Backlogged(
      `${waiting} operations wait for a worker; the limit is ${most}. Nothing was started: try again with the same ` +
        'Idempotency-Key.',
    );
  }
}

export class OperationNotFound extends DomainError {
  readonly code = 'operation_not_found';

  static withId(id: string): OperationNotFound {
    return new OperationNotFound(
      `There is no operation ${id}. Check the id, or list the operations with GET /api/operations.`,
    );
  }
}

export class OperationAlreadyEnded extends DomainError {
  readonly code = 'operation_already_ended';

  static withId(id: string, status: Status): OperationAlreadyEnded {
    return new OperationAlreadyEnded(
      `Operation ${id} can only be changed before it ends, and it has ended: ${status}.`,
    );
  }
}

export class TransitionNotAllowed extends DomainError {
  readonly code = 'transition_not_allowed';

  static of(id: string, from: Status, to: string): TransitionNotAllowed {
    return new TransitionNotAllowed(`Operation ${id} is ${from}, from which ${to} may not follow.`);
  }
}

export class NothingToReview extends DomainError {
  readonly code = 'nothing_to_review';

  static of(id: string, status: Status): NothingToReview {
    return new NothingToReview(
      `Operation ${id} has ended as ${status}, and needs no attention. GET /api/operations?attention=true ` +
        'lists those.',
    );
  }
}

export class ResolutionNotVerified extends DomainError {
  readonly code = 'resolution_not_verified';

  static of(id: string, reason: string): ResolutionNotVerified {
    return new ResolutionNotVerified(
      `Whether operation ${id} ended so was expected to be confirmed where it took effect, and could not be: ` +
        `${reason}. Try again later; where you are sure, send force: true, which the history records.`,
    );
  }
}

/** Another writer was first: a worker has claimed the operation, or another request has changed it. */
export class StaleOperation extends DomainError {
  readonly code = 'stale_operation';

  static at(id: string, version: number, fence: number): StaleOperation {
    return new StaleOperation(
      `Operation ${id} was expected at version ${version}, fence ${fence}, and has moved on. Read it again.`,
    );
  }

  static unfinished(id: string, fence: number): StaleOperation {
    return new StaleOperation(
      `Operation ${id} was expected unfinished, at fence ${fence}, and has moved on. Nothing was moved.`,
    );
  }
}

export class IdempotencyKeyReused extends DomainError {
  readonly code = 'idempotency_key_reused';

  static for(id: string): IdempotencyKeyReused {
    return new IdempotencyKeyReused(
      `This Idempotency-Key has started operation ${id} with another body. Send the same body, or a new key ` +
        'for a new operation.',
    );
  }
}

export class UnknownKind extends DomainError {
  readonly code = 'unknown_kind';

  static named(kind: string, known: readonly string[]): UnknownKind {
    return new UnknownKind(`There is no kind of operation "${kind.slice(0, 80)}". Known kinds: ${known.join(', ')}.`);
  }
}

export class SecondPersonNeeded extends DomainError {
  readonly code = 'second_person_needed';

  static after(operationId: string, by: string, hours: number): SecondPersonNeeded {
    return new SecondPersonNeeded(
      `What ${by} has stated of operation ${operationId} is kept, and resolves nothing yet: more money is at stake ` +
        'than one person may decide on. A person with credentials of another owner must state the same within ' +
        `${hours} hours.`,
    );
  }
}
