import { Reflector } from '@nestjs/core';
import type { Scope } from './scopes.js';

/** What a route or message needs: a scope, or nothing, for a reason. */
export type Need = { scope: Scope; takesStartTokens?: true; takesEventTokens?: true } | { nothingSince: string };

/** A handler, then its class. */
export type Targets = Parameters<Reflector['getAllAndOverride']>[1];

const Needed = Reflector.createDecorator<Need>();

/** The scope that a caller must have. A route or message without a need is refused to everybody. */
export const Needs = (
  scope: Scope,
  options?: Omit<Extract<Need, { scope: Scope }>, 'scope'>,
): MethodDecorator & ClassDecorator => Needed({ scope, ...options });

/** Open to all callers. @param since the reason, such as what else proves the caller */
export const NeedsNothing = (since: string): MethodDecorator & ClassDecorator => Needed({ nothingSince: since });

/** The need of a handler, else of its class. */
export const needOf = (reflector: Reflector, targets: Targets) =>
  reflector.getAllAndOverride(Needed, targets) as Need | undefined;
