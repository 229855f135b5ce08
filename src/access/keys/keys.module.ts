import { Module } from '@nestjs/common';
import { AccessChanges } from '../access-changes.js';
import { AuditModule } from '../audit/audit.module.js';
import { ApiKeys } from './api-keys.js';
import { ApiKeyVerifier } from './api-key-verifier.js';
import { KeyStanding } from './key-standing.js';
import { KnownKeys } from './known-keys.js';
import { Tenants } from './tenants.js';

@Module({
  imports: [AuditModule],
  providers: [AccessChanges, ApiKeys, Tenants, KnownKeys, KeyStanding, ApiKeyVerifier],
  exports: [AccessChanges, ApiKeys, KnownKeys, KeyStanding, ApiKeyVerifier],
})
export class KeysModule {}
