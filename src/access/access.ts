import { Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { OperationNotFound } from '../operations/domain/operation-errors.js';
import { CredentialsMissing, ScopeMissing } from './access-errors.js';
import { Authenticator } from './authenticator.js';
import { type Caller, hasScope } from './caller.js';
import { KeyStanding } from './keys/key-standing.js';
import { needOf, type Targets } from './needs.decorator.js';

/** A connection whose messages may carry tokens of their own. */
export interface Connected {
  /** Undefined if it connected without credentials: then each message carries some. */
  caller: Caller | undefined;
  /** Of the client, whose failures are counted. */
  address: string;
}

/** The one rule for routes, messages of sockets and methods of the hub: who lacks what a handler needs is refused. */
@Injectable()
export class Access {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
    private readonly standing: KeyStanding,
  ) {}

  /**
   * @param operationId the operation that a request or message names
   * @throws CredentialsMissing, ScopeMissing, OperationNotFound if it is not the only one of its caller
   */
  demand(caller: Caller | undefined, targets: Targets, operationId?: string): void {
    const need = needOf(this.reflector, targets);
    if (!need) throw ScopeMissing.undeclared();
    if ('nothingSince' in need) return;
    if (!caller) throw CredentialsMissing.expected(need.scope);
    if (!hasScope(caller, need.scope)) throw ScopeMissing.expected(need.scope);
    if (caller.onlyStart && !need.takesStartTokens) throw ScopeMissing.onlyStart();
    if (caller.onlyEvents && !need.takesEventTokens) throw ScopeMissing.onlyEvents();
    if (caller.operationId === undefined) return;
    if (operationId === undefined) throw ScopeMissing.onlyOperation(caller.operationId);
    if (operationId.toLowerCase() !== caller.operationId) throw OperationNotFound.withId(operationId.toLowerCase());
  }

  /**
   * The caller of a message: that of its own token, else that of its connection.
   * @param method of the gateway, which declares what it needs
   * @throws CredentialsMissing, CredentialsInvalid, CredentialsExpired, ScopeMissing, OperationNotFound
   */
  async admit(
    { caller: connected, address }: Connected,
    token: string | undefined,
    gateway: object,
    method: string,
    operationId: string,
  ): Promise<Caller> {
    const caller = token === undefined ? connected : await this.authenticator.verify(token, address);
    this.demand(caller, [Reflect.get(gateway, method) as Targets[number]], operationId);
    if (!caller) throw CredentialsMissing.expected();
    // The connection may have been there for hours.
    if (token === undefined) await this.standing.expect(caller);
    return caller;
  }
}
