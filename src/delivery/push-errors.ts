import { DomainError } from '../errors/domain-error.js';
import type { FieldViolation } from '../errors/field-violation.js';

export class InvalidMessage extends DomainError {
  readonly code = 'invalid_message';

  static because(violations: readonly FieldViolation[]): InvalidMessage {
    return new InvalidMessage(
      'The message does not have the expected shape; `errors` names each wrong field.',
      violations,
    );
  }

  static named(name: string): InvalidMessage {
    return new InvalidMessage(`Expected the event "join", "renew" or "leave", found "${name.slice(0, 50)}".`);
  }

  static method(name: string): InvalidMessage {
    return new InvalidMessage(
      `Expected the method "Join", "Renew" or "Leave", or the stream "Follow", found "${name.slice(0, 50)}".`,
    );
  }

  static notJson(): InvalidMessage {
    return new InvalidMessage('Expected each message to be JSON, found other text.');
  }

  static longerThan(characters: number): InvalidMessage {
    return new InvalidMessage(`Expected a message of at most ${characters} characters, found a longer one.`);
  }
}

export class OperationNotJoined extends DomainError {
  readonly code = 'operation_not_joined';

  static withId(id: string): OperationNotJoined {
    return new OperationNotJoined(`This connection does not follow operation ${id}. Join it with the new token.`);
  }
}

export class TooManyRooms extends DomainError {
  readonly code = 'too_many_rooms';

  static over(most: number): TooManyRooms {
    return new TooManyRooms(
      `A connection may follow ${most} operations at once. Leave one, or open another connection.`,
    );
  }
}

export class TooManyMessages extends DomainError {
  readonly code = 'too_many_messages';

  static over(aSecond: number, atOnce: number): TooManyMessages {
    return new TooManyMessages(
      `A connection may send ${aSecond} messages a second, and ${atOnce} at once. Send this one again in a moment.`,
    );
  }

  static unanswered(most: number): TooManyMessages {
    return new TooManyMessages(
      `A connection may have ${most} messages unanswered. Take the answers, and send this one again then.`,
    );
  }

  static joins(aSecond: number, atOnce: number): TooManyMessages {
    return new TooManyMessages(
      `A connection may join ${aSecond} operations a second, and ${atOnce} at once. Send this one again in a moment.`,
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

/** Of a hub of SignalR. */
export class ConnectionNotFound extends DomainError {
  readonly code = 'connection_not_found';

  static here(): ConnectionNotFound {
    return new ConnectionNotFound(
      'There is no connection with this token: it has ended, or it was opened at another process. Negotiate again.',
    );
  }
}

export class ConnectionInUse extends DomainError {
  readonly code = 'connection_in_use';

  static over(transport: string): ConnectionInUse {
    return new ConnectionInUse(`The connection with this token runs over ${transport} already. Negotiate another.`);
  }
}
