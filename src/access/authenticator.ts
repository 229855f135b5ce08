import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config.js';
import { CredentialsInvalid } from './access-errors.js';
import { ANYONE, type Caller } from './caller.js';
import type { CredentialVerifier } from './credential-verifier.js';

export const CREDENTIAL_VERIFIERS = Symbol('credential verifiers');

const BEARER = /^Bearer +(\S+)$/i;

/** Turns what a client presents into a caller. */
@Injectable()
export class Authenticator {
  readonly isOpen: boolean;

  constructor(
    @Inject(CONFIG.access) { isOpen }: Pick<Config['access'], 'isOpen'>,
    @Inject(CREDENTIAL_VERIFIERS) private readonly verifiers: readonly CredentialVerifier[],
  ) {
    this.isOpen = isOpen;
  }

  /**
   * The caller of a request with this Authorization header; undefined without one. Where access is open, everybody is
   * `ANYONE`.
   * @throws CredentialsInvalid, CredentialsExpired
   */
  async callerOf(authorization: string | undefined): Promise<Caller | undefined> {
    if (this.isOpen) return ANYONE;
    if (authorization === undefined) return undefined;
    const credential = BEARER.exec(authorization)?.[1];
    if (credential === undefined) throw CredentialsInvalid.found();
    return this.verify(credential);
  }

  /** @throws CredentialsInvalid, CredentialsExpired */
  async verify(credential: string): Promise<Caller> {
    if (this.isOpen) return ANYONE;
    const verifier = this.verifiers.find((each) => each.takes(credential));
    if (!verifier) throw CredentialsInvalid.found();
    return verifier.verify(credential);
  }
}
