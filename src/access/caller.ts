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
  /**
   * The only start that this caller may make: the body, and the key under which it is one operation. Since `endedAt`,
   * only an operation is shown that was started before.
   */
  readonly onlyStart?: {
    readonly body: unknown;
    readonly idempotencyKey: string;
    readonly endedAt?: Date | undefined;
  };
  /** The API key that the credentials are; or of a token of ours, when it was made, and by which key if by one. */
  readonly madeBy?: { readonly key: string; readonly at?: Date } | { readonly key?: undefined; readonly at: Date };
  /** Of a watch token: it counts while its operation has the same. */
  readonly watchGeneration?: number;
  /** It only follows its operation, by a token that may stand in an address. */
  readonly onlyEvents?: true;
  /** When its credentials end. */
  readonly expiresAt?: Date;
}

/** The caller where access is open. */
export const ANYONE: Caller = Object.freeze({
  tenant: ONLY_TENANT,
  name: 'anyone',
  scopes: new Set<GrantedScope>(ALL_SCOPES),
});

/** Who has no rights, and sees least. */
export const NOBODY: Caller = Object.freeze({ ...ANYONE, name: 'nobody', scopes: new Set<GrantedScope>() });

/** True for `operations:start` if the caller may start at least one kind: `mayStart` says which. */
export const hasScope = ({ scopes }: Caller, scope: Scope): boolean =>
  scopes.has(scope) ||
  (scope === 'operations:start' && [...scopes].some((granted) => granted.startsWith('operations:start:')));

export const mayStart = ({ scopes }: Caller, kind: string): boolean =>
  scopes.has('operations:start') || scopes.has(startScopeOf(kind));

export const startScopeOf = (kind: string) => `operations:start:${kind}` as const;
