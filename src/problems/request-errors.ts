import { DomainError } from '../errors/domain-error.js';
import { SECONDS } from '../time/durations.js';

const KIB = 1024;

export class MalformedJson extends DomainError {
  readonly code = 'malformed_json';

  static because(sentences: string): MalformedJson {
    return new MalformedJson(sentences);
  }
}

export class UnsupportedMediaType extends DomainError {
  readonly code = 'unsupported_media_type';

  static found(found: string): UnsupportedMediaType {
    return new UnsupportedMediaType(
      `Send JSON in UTF-8, with the header Content-Type: application/json. Found ${found.slice(0, 100)}.`,
    );
  }
}

export class BodyTooLarge extends DomainError {
  readonly code = 'body_too_large';

  static beyondLimit(): BodyTooLarge {
    return new BodyTooLarge('A body may have 64 KiB at most, a provider’s webhook 1 MiB.');
  }
}

export class MethodNotAllowed extends DomainError {
  readonly code = 'method_not_allowed';

  static expected(methods: readonly string[], found: string): MethodNotAllowed {
    return new MethodNotAllowed(`Expected ${methods.join(' or ')} at this address, found ${found}.`);
  }
}

export class RouteNotFound extends DomainError {
  readonly code = 'route_not_found';

  static because(sentences: string): RouteNotFound {
    return new RouteNotFound(sentences);
  }
}

export class BadRequest extends DomainError {
  readonly code = 'bad_request';

  static unreadable(): BadRequest {
    return new BadRequest('The request cannot be understood. GET /docs shows what is expected.');
  }
}

export class RequestTimeout extends DomainError {
  readonly code = 'request_timeout';

  static after(ms: number): RequestTimeout {
    return new RequestTimeout(`Expected the whole request within ${ms / SECONDS} s, head and body. Send it again.`);
  }
}

export class HeadTooLarge extends DomainError {
  readonly code = 'head_too_large';

  static over(bytes: number): HeadTooLarge {
    return new HeadTooLarge(
      `Expected at most ${bytes / KIB} KiB of address and headers, found more. Send fewer or shorter headers.`,
    );
  }
}
