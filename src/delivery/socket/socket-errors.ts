import { DomainError } from '../../errors/domain-error.js';
import type { FieldViolation } from '../../errors/field-violation.js';

export class InvalidMessage extends DomainError {
  readonly code = 'invalid_message';

  static because(violations: readonly FieldViolation[]): InvalidMessage {
    return new InvalidMessage(
      'The message does not have the expected shape; `errors` names each wrong field.',
      violations,
    );
  }

  static named(name: string): InvalidMessage {
    return new InvalidMessage(`Expected the event "join" or "leave", found "${name.slice(0, 50)}".`);
  }
}

export class TooManyRooms extends DomainError {
  readonly code = 'too_many_rooms';

  static over(most: number): TooManyRooms {
    return new TooManyRooms(`A socket may follow ${most} operations at once. Leave one, or open another socket.`);
  }
}

export class TooManyMessages extends DomainError {
  readonly code = 'too_many_messages';

  static over(aSecond: number, atOnce: number): TooManyMessages {
    return new TooManyMessages(
      `A socket may send ${aSecond} messages a second, and ${atOnce} at once. Send this one again in a moment.`,
    );
  }
}

export class ReaderTooSlow extends DomainError {
  readonly code = 'reader_too_slow';

  static beyond(bytes: number): ReaderTooSlow {
    return new ReaderTooSlow(
      `More than ${bytes} bytes were left unread. Join again with the last version that you have seen.`,
    );
  }
}
