import { CREDENTIAL_VERIFIERS } from '../../src/access/authenticator.js';
import type { Caller } from '../../src/access/caller.js';
import type { CredentialVerifier } from '../../src/access/credential-verifier.js';
import { ALL_SCOPES } from '../../src/access/scopes.js';
import type { Service } from './service.js';

/** Makes a closed service accept a credential of a test. @returns the header that carries it */
export function accept(service: Service, credential: string, caller: Partial<Caller> & Pick<Caller, 'tenant'>) {
  const verifiers = service.outcome.app.get<CredentialVerifier[]>(CREDENTIAL_VERIFIERS, { strict: false });
  const accepted: Caller = { name: credential, scopes: new Set(ALL_SCOPES), ...caller };
  verifiers.push({ takes: (given) => given === credential, verify: () => Promise.resolve(accepted) });
  return { Authorization: `Bearer ${credential}` };
}
