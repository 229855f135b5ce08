import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { CredentialsInvalid } from './access-errors.js';
import { ANYONE, type Caller } from './caller.js';
import type { CredentialVerifier } from './credential-verifier.js';
import { FailedLogins } from './limits/failed-logins.js';

export const CREDENTIAL_VERIFIERS = Symbol('credential verifiers');

const BEARER = /^Bearer +(\S+)$/i;

/** Turns what a client presents into a caller. */
@Injectable()
export class Authenticator {
  readonly isOpen: boolean;

  constructor(
    @Inject(CONFIG.access) { isOpen }: Pick<Config['access'], 'isOpen'>,
    @Inject(CREDENTIAL_VERIFIERS) private readonly verifiers: readonly CredentialVerifier[],
    private readonly failedLogins: FailedLogins,
  ) {
    this.isOpen = isOpen;
  }

  /**
   * The caller of a request with this Authorization header; undefined without one. Where access is open, everybody is
   * `ANYONE` whose credentials have no verifier.
   * @param address of the client, whose failures are counted
   * @throws CredentialsInvalid, CredentialsExpired, RateLimited
   */
  async callerOf(authorization: string | undefined, address: string): Promise<Caller | undefined> {
    if (authorization === undefined) return this.isOpen ? ANYONE : undefined;
    return this.verify(BEARER.exec(authorization)?.[1] ?? '', address);
  }

  /** @throws CredentialsInvalid, CredentialsExpired, RateLimited */
  async verify(credential: string, address: string): Promise<Caller> {
    if (this.isOpen) return this.find(credential);
    return this.failedLogins.attempt(address, credential, () => this.find(credential));
  }

  private async find(credential: string): Promise<Caller> {
    const verifier = this.verifiers.find((each) => each.takes(credential));
    if (verifier) return verifier.verify(credential);
    if (this.isOpen) return ANYONE;
    throw CredentialsInvalid.found();
  }
}
