import { InvalidConfig } from '../../config/invalid-config.js';
import { ALL_SCOPES, type GrantedScope, isScope } from '../scopes.js';

/** Only where an operator says so may a token state how an operation ended, or make keys that outlive it. */
const ONLY_IF_CONFIGURED: readonly string[] = ['operations:resolve', 'keys:manage'];

/** What the identity provider may grant at most. @throws InvalidConfig */
export function mostScopes(configured: readonly string[]): readonly GrantedScope[] {
  const unknown = configured.filter((name) => !isScope(name));
  if (unknown.length > 0) {
    const message = `expected scopes of docs/access.md, and not ${unknown.join(', ')}`;
    throw InvalidConfig.because([{ path: ['JWT_MAX_SCOPES'], message }], { JWT_MAX_SCOPES: configured.join() });
  }
  const all = ALL_SCOPES.filter((name) => !ONLY_IF_CONFIGURED.includes(name));
  return configured.length > 0 ? configured.filter(isScope) : all;
}

/**
 * What a claim grants: a text with spaces, or an array, cut to what the identity provider may grant at most. On either
 * side, `operations:start` includes that of each kind.
 */
export function grantedScopes(claim: unknown, most: readonly GrantedScope[]): ReadonlySet<GrantedScope> {
  const claimed = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? (claim as unknown[]) : [];
  const scopes = claimed.filter((name) => typeof name === 'string').filter(isScope);
  return new Set([
    ...scopes.filter((scope) => most.some((allowed) => includes(allowed, scope))),
    ...most.filter((allowed) => scopes.some((scope) => includes(scope, allowed))),
  ]);
}

const includes = (scope: GrantedScope, other: GrantedScope) =>
  scope === other || (scope === 'operations:start' && other.startsWith('operations:start:'));
