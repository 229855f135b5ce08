import { randomUUID } from 'node:crypto';
import { CredentialsExpired, CredentialsInvalid } from '../../src/access/access-errors.js';
import { CREDENTIAL_VERIFIERS } from '../../src/access/authenticator.js';
import type { Caller } from '../../src/access/caller.js';
import type { CredentialVerifier } from '../../src/access/credential-verifier.js';
import type { Service } from './service.js';

const FORM = /^test_/;

/** Credentials of a test, for callers with any scopes: no sort that the service issues has each scope alone. */
export class ScopedCallers implements CredentialVerifier {
  private readonly callers = new Map<string, Caller>();
  readonly expired = 'test_expired';
  readonly unknown = 'test_unknown';

  /** Lets them into a service whose access is closed. */
  static of({ outcome }: Service): ScopedCallers {
    const callers = new ScopedCallers();
    outcome.app.get<CredentialVerifier[]>(CREDENTIAL_VERIFIERS, { strict: false }).push(callers);
    return callers;
  }

  /** New credentials. */
  with(scopes: Iterable<string>, tenant = randomUUID()): string {
    const credential = `test_${randomUUID()}`;
    this.callers.set(credential, { tenant, name: credential, scopes: new Set(scopes) as Caller['scopes'] });
    return credential;
  }

  takes(credential: string): boolean {
    return FORM.test(credential);
  }

  async verify(credential: string): Promise<Caller> {
    if (credential === this.expired) throw CredentialsExpired.at(new Date(0));
    const caller = this.callers.get(credential);
    if (!caller) throw CredentialsInvalid.found();
    return caller;
  }
}
