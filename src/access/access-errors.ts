import { DomainError } from '../errors/domain-error.js';
import type { GrantedScope, Scope } from './scopes.js';

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

export class CredentialsMissing extends DomainError {
  readonly code = 'credentials_missing';

  private constructor(
    message: string,
    readonly scope?: Scope,
  ) {
    super(message);
  }

  /** @param scope what was asked for needs it */
  static expected(scope?: Scope): CredentialsMissing {
    return new CredentialsMissing(
      'Expected credentials, found none. Send an API key or a token as Authorization: Bearer …, or on a socket as ' +
        '`auth.token`.',
      scope,
    );
  }
}

export class CredentialsInvalid extends DomainError {
  readonly code = 'credentials_invalid';

  private constructor(
    /** It is proven, and so no guess. */
    readonly isRevoked: boolean,
  ) {
    super('Expected an API key or a token that is valid here. It is mistyped, revoked or made for another service.');
  }

  /** The same answer for an unknown, a revoked and a forged credential: a stranger learns no difference. */
  static found(): CredentialsInvalid {
    return new CredentialsInvalid(false);
  }

  static revoked(): CredentialsInvalid {
    return new CredentialsInvalid(true);
  }
}

export class CredentialsExpired extends DomainError {
  readonly code = 'credentials_expired';

  static at(moment: Date): CredentialsExpired {
    return new CredentialsExpired(`The credentials ended at ${moment.toISOString()}. Get new ones.`);
  }
}

/** The keys that would prove a JWT cannot be had: it may be valid. */
export class IdentityProviderUnavailable extends DomainError {
  readonly code = 'identity_provider_unavailable';

  static now(): IdentityProviderUnavailable {
    return new IdentityProviderUnavailable(
      'The identity provider’s keys, which the token needs to be verified, cannot be loaded at the moment. Try again ' +
        'later. The log has the cause.',
    );
  }
}

export class ScopeMissing extends DomainError {
  readonly code = 'scope_missing';

  private constructor(
    message: string,
    readonly scope?: GrantedScope,
  ) {
    super(message);
  }

  static expected(scope: GrantedScope): ScopeMissing {
    return new ScopeMissing(`Expected credentials with the scope ${scope}, found some without it.`, scope);
  }

  static onlyStart(): ScopeMissing {
    return new ScopeMissing('A start token allows nothing but POST /api/operations.');
  }

  static onlyEvents(): ScopeMissing {
    return new ScopeMissing('This token follows the events of its operation, and allows nothing else.');
  }

  static onlyOperation(id: string): ScopeMissing {
    return new ScopeMissing(`These credentials allow nothing but what concerns operation ${id}.`);
  }

  static noWatchToken(): ScopeMissing {
    return new ScopeMissing('Expected a watch token, which only who holds it renews. A start answers with one.');
  }

  static undeclared(): ScopeMissing {
    return new ScopeMissing('Nobody may do this: the service declares no scope for it.');
  }
}
