import type { Caller } from './caller.js';

/** Recognizes one sort of credentials. Each sort has a form that no other has. */
export abstract class CredentialVerifier {
  /** By its form alone. */
  abstract takes(credential: string): boolean;

  /** @throws CredentialsInvalid, CredentialsExpired */
  abstract verify(credential: string): Promise<Caller>;
}
