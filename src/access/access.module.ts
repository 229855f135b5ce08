import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { CONFIG, type Config } from '../config/config.js';
import { RefusedRequests } from '../problems/refused-requests.js';
import { Access } from './access.js';
import { AccessGuard } from './access.guard.js';
import { AuditController } from './audit/audit.controller.js';
import { AuditModule } from './audit/audit.module.js';
import { DeniedAttemptsFilter } from './audit/denied-attempts.filter.js';
import { Authenticator, CREDENTIAL_VERIFIERS } from './authenticator.js';
import { CallerController } from './caller.controller.js';
import type { CredentialVerifier } from './credential-verifier.js';
import { JwtVerifier } from './jwt/jwt-verifier.js';
import { ApiKeyVerifier } from './keys/api-key-verifier.js';
import { KeysController } from './keys/keys.controller.js';
import { KeysModule } from './keys/keys.module.js';
import { ClientAddresses } from './limits/client-addresses.js';
import { FailedLogins } from './limits/failed-logins.js';
import { RequestLimits } from './limits/request-limits.js';
import { SignedTokens } from './tokens/signed-tokens.js';
import { StartTokens } from './tokens/start-tokens.js';
import { WatchTokens } from './tokens/watch-tokens.js';

type VerifierClass = new (...given: never[]) => CredentialVerifier;

/** What AUTH_MODE accepts, and the guard that asks for it. */
@Module({})
export class AccessModule {
  static for({ isOpen, takesKeys, takesJwt }: Config['access']): DynamicModule {
    const verifiers: VerifierClass[] = [
      StartTokens,
      ...(isOpen ? [] : [WatchTokens]),
      ...(takesKeys ? [ApiKeyVerifier] : []),
      ...(takesJwt ? [JwtVerifier] : []),
    ];
    return {
      module: AccessModule,
      global: true,
      imports: [KeysModule, AuditModule],
      controllers: [CallerController, KeysController, AuditController],
      providers: [
        Access,
        Authenticator,
        ...(takesJwt ? [JwtVerifier] : []),
        DeniedAttemptsFilter,
        FailedLogins,
        RefusedRequests,
        SignedTokens,
        StartTokens,
        WatchTokens,
        {
          provide: CREDENTIAL_VERIFIERS,
          useFactory: (...given: CredentialVerifier[]) => given,
          inject: verifiers,
        },
        {
          provide: ClientAddresses,
          useFactory: ({ trustedProxies }: Config['http']) => new ClientAddresses(trustedProxies),
          inject: [CONFIG.http],
        },
        {
          provide: RequestLimits,
          useFactory: (limits: Config['limits']) => RequestLimits.of(limits),
          inject: [CONFIG.limits],
        },
        { provide: APP_GUARD, useClass: AccessGuard },
      ],
      exports: [
        Access,
        Authenticator,
        ClientAddresses,
        KeysModule,
        AuditModule,
        RefusedRequests,
        StartTokens,
        WatchTokens,
      ],
    };
  }
}
