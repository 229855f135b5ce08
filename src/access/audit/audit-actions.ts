/** What the audit trail tells of. A published name is never renamed. */
export const AUDIT_ACTIONS = {
  'key.created': 'an API key was made',
  'key.rolled': 'an API key was replaced by a new one',
  'key.revoked': 'an API key was revoked, with the tokens that it had made',
  'key.tokens_revoked': 'the tokens that an API key had made until then were revoked; the key goes on',
  'tenant.tokens_revoked': 'all start and watch tokens that a tenant had until then were revoked',
  'operation.cancel_requested':
    'somebody asked for a cancellation; the operation’s history tells whether it came about',
  'operation.resolve_requested': 'somebody stated how an operation has ended; its history tells whether it counted',
  'operation.watch_tokens_revoked': 'somebody revoked the watch tokens that an operation had until then',
  'operation.inspected': 'somebody saw an operation’s input and the provider’s answers',
  'provider_account.set': 'an account at a payment provider got credentials',
  'provider_account.disabled': 'an account at a payment provider takes no new charges',
  'webhook_secret.shown': 'somebody was shown the secret of a webhook endpoint',
  'data.erased': 'somebody had one person’s data erased, on the command line',
  'access.refused': 'somebody tried one of these, or a refund, without the scope; or used an API key that has ended',
} as const;

export type AuditAction = keyof typeof AUDIT_ACTIONS;
