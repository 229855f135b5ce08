import { Module } from '@nestjs/common';
import { AccessChanges } from '../access-changes.js';
import { ApiKeys } from './api-keys.js';
import { ApiKeyVerifier } from './api-key-verifier.js';
import { KnownKeys } from './known-keys.js';
import { Tenants } from './tenants.js';

@Module({
  providers: [AccessChanges, ApiKeys, Tenants, KnownKeys, ApiKeyVerifier],
  exports: [AccessChanges, ApiKeys, KnownKeys, ApiKeyVerifier],
})
export class KeysModule {}
