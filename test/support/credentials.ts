import { randomUUID } from 'node:crypto';
import { CredentialsExpired, CredentialsInvalid } from '../../src/access/access-errors.js';
import { CREDENTIAL_VERIFIERS } from '../../src/access/authenticator.js';
import type { Caller } from '../../src/access/caller.js';
import type { CredentialVerifier } from '../../src/access/credential-verifier.js';
import { ALL_SCOPES } from '../../src/access/scopes.js';
import { bearer } from './api-keys.js';
import type { Service } from './service.js';

const FORM = /^test_/;

/** Credentials of a test, for callers with any scopes: no sort that the service issues has each scope alone. */
export class TestCredentials implements CredentialVerifier {
  private readonly callers = new Map<string, Caller>();
  readonly expired = 'test_expired';
  readonly unknown = 'test_unknown';

  /** Those of a service whose access is closed. */
  static of({ outcome }: Service): TestCredentials {
    const verifiers = outcome.app.get<CredentialVerifier[]>(CREDENTIAL_VERIFIERS, { strict: false });
    const known = verifiers.find((each) => each instanceof TestCredentials);
    if (known) return known;
    const made = new TestCredentials();
    verifiers.push(made);
    return made;
  }

  /** New credentials. */
  with(scopes: Iterable<string>, tenant = randomUUID()): string {
    return this.add(`test_${randomUUID()}`, { tenant, scopes: new Set(scopes) as Caller['scopes'] });
  }

  /** Of a caller with all scopes, unless it says others. */
  add(credential: string, caller: Partial<Caller> & Pick<Caller, 'tenant'>): string {
    this.callers.set(credential, { name: credential, scopes: new Set(ALL_SCOPES), ...caller });
    return credential;
  }

  takes(credential: string): boolean {
    return this.callers.has(credential) || FORM.test(credential);
  }

  async verify(credential: string): Promise<Caller> {
    if (credential === this.expired) throw CredentialsExpired.at(new Date(0));
    const caller = this.callers.get(credential);
    if (!caller) throw CredentialsInvalid.found();
    return caller;
  }
}

/** Makes a closed service accept a credential of a test. @returns the header that carries it */
export const accept = (service: Service, credential: string, caller: Partial<Caller> & Pick<Caller, 'tenant'>) =>
  bearer(TestCredentials.of(service).add(credential, caller));
