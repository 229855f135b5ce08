import { Module } from '@nestjs/common';
import { AccessChanges } from '../access-changes.js';
import { AuditModule } from '../audit/audit.module.js';
import { Tenants } from '../tenants/tenants.js';
import { ApiKeys } from './api-keys.js';
import { ApiKeyVerifier } from './api-key-verifier.js';
import { EndedKeyUses } from './ended-key-uses.js';
import { KeyStanding } from './key-standing.js';
import { KnownKeys } from './known-keys.js';
import { KnownTenants } from './known-tenants.js';
import { TokenRevocations } from './token-revocations.js';

@Module({
  imports: [AuditModule],
  providers: [
    AccessChanges,
    ApiKeys,
    TokenRevocations,
    Tenants,
    KnownKeys,
    KnownTenants,
    KeyStanding,
    EndedKeyUses,
    ApiKeyVerifier,
  ],
  exports: [AccessChanges, ApiKeys, KnownKeys, KeyStanding, ApiKeyVerifier],
})
export class KeysModule {}
