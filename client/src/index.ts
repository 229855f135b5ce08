export type {
  Caller,
  InputOf,
  Kind,
  KindDescription,
  Operation,
  OperationEvent,
  OperationInspection,
  OperationList,
  OperationOf,
  OperationStatistics,
  PaymentProvider,
  Problem,
  ProblemCode,
  ResultOf,
  Status,
  WebhookDelivery,
  WebhookEndpoint,
} from './api.js';
export type { Following, TransportName } from './channel.js';
export { type Client, createClient } from './client.js';
export type { Token } from './http.js';
export { type KeyStore, safeStore } from './key-store.js';
export type { CallOptions, ClientOptions, Follow, ListQuery, Started, StartOptions } from './options.js';
export { type ErrorCode, OutcomeError } from './outcome-error.js';
export { type Connect, openSocket } from './socket-transport.js';
