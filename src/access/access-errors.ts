import { DomainError } from '../errors/domain-error.js';

export class HostNotAllowed extends DomainError {
  readonly code = 'host_not_allowed';

  static found(host: string): HostNotAllowed {
    return new HostNotAllowed(
      `Expected a Host that this service goes by, found "${host.slice(0, 100)}". An operator adds names with ` +
        'PUBLIC_URL or ALLOWED_HOSTS.',
    );
  }
}

export class OriginNotAllowed extends DomainError {
  readonly code = 'origin_not_allowed';

  static found(origin = 'another origin'): OriginNotAllowed {
    return new OriginNotAllowed(
      `Expected a page of this service, found one of ${origin.slice(0, 100)}. An operator adds origins with ` +
        'ALLOWED_ORIGINS.',
    );
  }
}

export class RepeatedHeader extends DomainError {
  readonly code = 'repeated_header';

  static named(name: string): RepeatedHeader {
    return new RepeatedHeader(`Expected the header ${name} once, found it more often. Send the one that counts.`, [
      { path: name, message: 'expected once' },
    ]);
  }
}
