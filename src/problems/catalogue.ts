export interface CatalogueEntry {
  status: number;
  title: string;
  /** Seconds until the client should try again, for a condition that passes by itself. */
  retryAfter?: number;
}

/**
 * Every problem that a client can meet: `code` → HTTP status and title. A test compares it with docs/errors.md. A
 * published code is never reused.
 */
export const PROBLEMS = {
  invalid_parameter: { status: 400, title: 'A parameter or header is not as expected' },
  repeated_header: { status: 400, title: 'A header came more than once' },
  malformed_json: { status: 400, title: 'The body is not JSON' },
  bad_request: { status: 400, title: 'The request cannot be understood' },
  webhook_refused: { status: 400, title: 'The webhook is not proven to be the provider’s' },
  credentials_missing: { status: 401, title: 'The request carries no credentials' },
  credentials_invalid: { status: 401, title: 'The credentials are not valid' },
  credentials_expired: { status: 401, title: 'The credentials have ended' },
  scope_missing: { status: 403, title: 'The credentials do not allow that' },
  origin_not_allowed: { status: 403, title: 'Pages of this origin may not do that' },
  operation_not_found: { status: 404, title: 'No such operation' },
  connection_not_found: { status: 404, title: 'No such connection' },
  payment_not_found: { status: 404, title: 'No such payment' },
  provider_not_found: { status: 404, title: 'No such payment provider' },
  webhook_endpoint_not_found: { status: 404, title: 'No such webhook endpoint' },
  webhook_delivery_not_found: { status: 404, title: 'No such delivery of a webhook' },
  api_key_not_found: { status: 404, title: 'No such API key' },
  route_not_found: { status: 404, title: 'No such address' },
  method_not_allowed: { status: 405, title: 'Not by this method' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  connection_in_use: { status: 409, title: 'The connection is in use' },
  operation_not_joined: { status: 409, title: 'The connection does not follow the operation' },
  operation_already_ended: { status: 409, title: 'The operation has ended' },
  transition_not_allowed: { status: 409, title: 'The operation is not at a point where that may happen' },
  nothing_to_review: { status: 409, title: 'Nobody need look at the operation' },
  second_person_needed: { status: 409, title: 'A second person must state the same' },
  resolution_not_verified: { status: 409, title: 'What was found could not be verified' },
  charge_not_successful: { status: 409, title: 'The charge is not a success' },
  amount_exceeds_payment: { status: 409, title: 'The payment has not that much left' },
  authorization_not_open: { status: 409, title: 'The charge has no open authorization' },
  stale_operation: { status: 409, title: 'The operation has changed meanwhile' },
  api_key_ended: { status: 409, title: 'The API key has ended' },
  provider_account_missing: { status: 409, title: 'The tenant has no account at the payment provider' },
  webhook_endpoint_exists: { status: 409, title: 'The URL has a webhook endpoint already' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body is of a type that is not taken' },
  host_not_allowed: { status: 421, title: 'The service does not go by this Host' },
  invalid_body: { status: 422, title: 'The body does not have the expected shape' },
  unknown_kind: { status: 422, title: 'No such kind of operation' },
  webhook_url_refused: { status: 422, title: 'Webhooks are not sent to such a URL' },
  charge_not_found: { status: 422, title: 'No such charge' },
  card_number_refused: { status: 422, title: 'Card numbers are not taken' },
  idempotency_key_reused: { status: 422, title: 'The idempotency key belongs to another body' },
  invalid_message: { status: 422, title: 'The message does not have the expected shape' },
  rate_limited: { status: 429, title: 'Too many requests' },
  too_many_streams: { status: 429, title: 'Too many requests wait or stream', retryAfter: 5 },
  too_many_sockets: { status: 429, title: 'Too many sockets of one address', retryAfter: 5 },
  too_many_rooms: { status: 429, title: 'The connection follows too many operations' },
  too_many_messages: { status: 429, title: 'The connection sends too many messages' },
  reader_too_slow: { status: 429, title: 'The connection does not read what it is sent' },
  head_too_large: { status: 431, title: 'The head of the request is too large' },
  internal_error: { status: 500, title: 'Something unexpected went wrong' },
  backlogged: { status: 503, title: 'Too much waits already', retryAfter: 10 },
  identity_provider_unavailable: { status: 503, title: 'Tokens cannot be verified for now', retryAfter: 5 },
  overloaded: { status: 503, title: 'More is being asked than can be stored', retryAfter: 2 },
  storage_unavailable: { status: 503, title: 'The database cannot serve for now', retryAfter: 2 },
  shutting_down: { status: 503, title: 'The service shuts down', retryAfter: 1 },
} as const satisfies Record<string, CatalogueEntry>;

export type ProblemCode = keyof typeof PROBLEMS;
