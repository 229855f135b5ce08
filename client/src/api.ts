import type { components } from './generated.js';

type Schemas = components['schemas'];

export type Operation = Schemas['Operation'];
export type OperationEvent = Schemas['OperationEvent'];
export type OperationHistory = Schemas['OperationHistory'];
export type OperationList = Schemas['OperationList'];
export type OperationInspection = Schemas['OperationInspection'];
export type OperationStatistics = Schemas['OperationStatistics'];
export type KindDescription = Schemas['KindList']['items'][number];
export type PaymentProvider = Schemas['PaymentProvider'];
export type Caller = Schemas['Caller'];
export type WebhookEndpoint = Schemas['WebhookEndpoint'];
export type WebhookDelivery = Schemas['WebhookDelivery'];
export type Status = Operation['status'];
export type Problem = Schemas['Problem'];
export type ProblemCode = Problem['code'];

/** A kind of operation that the service knows, such as `payment.charge`. */
export type Kind = Schemas['StartOperation']['kind'];

/** The input that starts a kind. */
export type InputOf<K extends Kind> = Extract<Schemas['StartOperation'], { kind: K }>['input'];

type Pascal<K extends string> = K extends `${infer Noun}.${infer Verb}`
  ? `${Capitalize<Noun>}${Capitalize<Verb>}`
  : never;

/** The result of a success of a kind. */
export type ResultOf<K extends Kind> = `${Pascal<K>}Result` extends keyof Schemas
  ? Schemas[`${Pascal<K>}Result`]
  : never;

/** An operation of a known kind, with that kind's `result`. */
export type OperationOf<K extends Kind> = Omit<Operation, 'kind' | 'result'> & { kind: K; result: ResultOf<K> | null };

/** An event of a history, in which the metadata is kept once, in the shape of a live event. */
export const withMetadata = (
  event: OperationHistory['items'][number],
  metadata: Operation['metadata'],
): OperationEvent => ({
  ...event,
  operation: { ...event.operation, metadata },
});
