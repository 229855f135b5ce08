/** What a caller may do. A published scope is never renamed, since keys and identity providers hold it. */
export const SCOPES = {
  'operations:start': 'start operations of every kind; `operations:start:<kind>` is limited to one',
  'operations:read': 'read operations, their history, statistics and payments, and follow them',
  'operations:read_secrets': 'see what a customer needs to act, such as a client secret',
  'operations:cancel': 'ask for the cancellation of an operation',
  'operations:revoke_tokens': 'revoke the watch tokens of an operation',
  'operations:inspect': 'see the input of an operation and what the provider answered',
  'operations:resolve': 'state how an operation has ended',
  'payments:refund': 'start refunds, beside operations:start',
  'payments:capture': 'start captures and voids, beside operations:start',
  'webhooks:read': 'read webhook endpoints and their deliveries',
  'webhooks:manage': 'create and change webhook endpoints, see their secrets, and send deliveries again',
  'keys:manage': 'create, list, roll and revoke API keys; never granted to a key',
  'audit:read': 'read the audit trail',
  'platform:read': 'read metrics',
} as const;

export type Scope = keyof typeof SCOPES;

/** A scope, or `operations:start` of a single kind. */
export type GrantedScope = Scope | `operations:start:${string}`;

export const ALL_SCOPES = Object.keys(SCOPES) as Scope[];

const START_OF_ONE_KIND = /^operations:start:[a-z]+\.[a-z]+$/;

export const isScope = (text: string): text is GrantedScope =>
  Object.hasOwn(SCOPES, text) || START_OF_ONE_KIND.test(text);

/** What an API key may be granted. A key never makes keys. */
export const isScopeForKeys = (text: string): text is GrantedScope => text !== 'keys:manage' && isScope(text);
