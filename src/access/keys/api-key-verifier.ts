import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../../clock/clock.js';
import { CredentialsExpired, CredentialsInvalid } from '../access-errors.js';
import type { Caller } from '../caller.js';
import { CredentialVerifier } from '../credential-verifier.js';
import { hashOf, readApiKey } from './api-key.js';
import { EndedKeyUses } from './ended-key-uses.js';
import { KnownKeys } from './known-keys.js';

@Injectable()
export class ApiKeyVerifier extends CredentialVerifier {
  constructor(
    private readonly keys: KnownKeys,
    private readonly clock: Clock,
    private readonly ended: EndedKeyUses,
  ) {
    super();
  }

  takes(credential: string): boolean {
    return credential.startsWith('oc_');
  }

  async verify(credential: string): Promise<Caller> {
    const key = readApiKey(credential);
    const known = key && (await this.keys.find(key.id));
    if (!known || !timingSafeEqual(hashOf(key), known.hash)) throw CredentialsInvalid.found();
    const { id, tenant, owner, scopes, expiresAt, revokedAt } = known;
    if (revokedAt) {
      this.ended.note(known, 'revoked');
      throw CredentialsInvalid.revoked();
    }
    if (expiresAt && expiresAt <= this.clock.now()) {
      this.ended.note(known, 'expired');
      throw CredentialsExpired.at(expiresAt);
    }
    this.keys.noteUse(id);
    return {
      tenant,
      name: `key ${id}`,
      owner,
      scopes,
      madeBy: { key: id },
      ...(expiresAt && { expiresAt }),
    };
  }
}
