import { NIL } from 'uuid';
import { ALL_SCOPES, type GrantedScope, type Scope } from './scopes.js';

/** The tenant of everything that is started without credentials. */
export const ONLY_TENANT = NIL;

/** Who sends a request, as its credentials prove. */
export interface Caller {
  /** A UUID. */
  readonly tenant: string;
  /** For the audit trail, such as `key 0f3k2m9x1q7z`; never a credential. */
  readonly name: string;
  /** The person or team that answers for the credentials; the name if nobody is known. */
  readonly owner?: string;
  readonly scopes: ReadonlySet<GrantedScope>;
  /** The only operation that exists for this caller. */
  readonly operationId?: string;
  /** When its credentials end. */
  readonly expiresAt?: Date;
}

/** The caller where access is open. */
export const ANYONE: Caller = Object.freeze({
  tenant: ONLY_TENANT,
  name: 'anyone',
  scopes: new Set<GrantedScope>(ALL_SCOPES),
});

export const hasScope = ({ scopes }: Caller, scope: Scope): boolean => scopes.has(scope);

export const mayStart = ({ scopes }: Caller, kind: string): boolean =>
  scopes.has('operations:start') || scopes.has(`operations:start:${kind}`);
