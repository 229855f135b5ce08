import { z } from 'zod';
import { expiringMessage, joinMessage, leftMessage, renewMessage } from '../message.contract.js';
import { type ForeseenError, problemOf } from '../../problems/problem.js';
import { operationEventView, operationView, pastEventView } from '../../operations/contract/operation-view.js';

/** The JSON hub protocol of SignalR, version 1 (dotnet/aspnetcore, src/SignalR/docs/specs/HubProtocol.md). */
export const PROTOCOL = { protocol: 'json', version: 1 } as const;

/** Ends each message. */
const RECORD_SEPARATOR = '\x1e';

export const TYPES = {
  invocation: 1,
  streamItem: 2,
  completion: 3,
  streamInvocation: 4,
  cancelInvocation: 5,
  ping: 6,
  close: 7,
} as const;

const invocationId = z.string().min(1).max(100).meta({ description: 'Chosen by the client, once in a connection.' });

const close = z.object({
  type: z.literal(TYPES.close),
  error: z.string().optional().meta({ description: 'Why, as `code: sentence`.' }),
  allowReconnect: z.boolean().optional().meta({ description: 'true: a client that reconnects by itself may do so.' }),
});

const ping = z.object({ type: z.literal(TYPES.ping) });

const call = { target: z.string().meta({ description: 'The method.' }), arguments: z.array(z.unknown()) };

/** The messages of a client, by name. */
export const clientMessages = {
  handshakeRequest: z.object({ protocol: z.string(), version: z.int() }),
  invocation: z.object({
    type: z.literal(TYPES.invocation),
    invocationId: invocationId.optional().meta({ description: 'Left out where no completion is expected.' }),
    ...call,
  }),
  streamInvocation: z.object({ type: z.literal(TYPES.streamInvocation), invocationId, ...call }),
  cancelInvocation: z.object({ type: z.literal(TYPES.cancelInvocation), invocationId }),
  ping,
  close,
};

const { operationId, afterVersion, token } = joinMessage.shape;
const parameters = z.tuple([operationId, afterVersion.optional(), token.optional()]);

/** The calls of the hub's methods. */
export const hubMethods = {
  Join: clientMessages.invocation.extend({ target: z.literal('Join'), arguments: parameters }),
  Renew: clientMessages.invocation.extend({
    target: z.literal('Renew'),
    arguments: z.tuple([operationId, renewMessage.shape.token]),
  }),
  Leave: clientMessages.invocation.extend({ target: z.literal('Leave'), arguments: z.tuple([operationId]) }),
  Follow: clientMessages.streamInvocation.extend({ target: z.literal('Follow'), arguments: parameters }),
};

/** What a client sends after the handshake. */
export const hubMessage = z.discriminatedUnion('type', [
  clientMessages.invocation,
  clientMessages.streamInvocation,
  clientMessages.cancelInvocation,
  clientMessages.ping,
  clientMessages.close,
]);

export const joined = z
  .object({ operation: operationView, events: z.array(pastEventView) })
  .meta({ id: 'JoinedOperation', description: 'The operation, and the events that the client has missed.' });

/** The messages of the hub, by name. */
export const hubMessages = {
  handshakeResponse: z.object({ error: z.string().optional() }),
  operation: z.object({
    type: z.literal(TYPES.invocation),
    target: z.literal('operation'),
    arguments: z.tuple([operationEventView]),
  }),
  expiring: z.object({
    type: z.literal(TYPES.invocation),
    target: z.literal('expiring'),
    arguments: z.tuple([expiringMessage]),
  }),
  left: z.object({ type: z.literal(TYPES.invocation), target: z.literal('left'), arguments: z.tuple([leftMessage]) }),
  streamItem: z.object({ type: z.literal(TYPES.streamItem), invocationId, item: operationEventView }),
  completion: z.object({
    type: z.literal(TYPES.completion),
    invocationId,
    result: joined.optional().meta({ description: 'Of Join.' }),
    error: z.string().optional().meta({ description: 'Why it was refused, as `code: sentence`.' }),
  }),
  ping,
  close,
};

export type HubMessages = { [Name in keyof typeof hubMessages]: z.output<(typeof hubMessages)[Name]> };

export type HubMessage = HubMessages[keyof HubMessages];
export type Invocation = z.output<typeof clientMessages.invocation>;
export type StreamInvocation = z.output<typeof clientMessages.streamInvocation>;

export const encode = (message: HubMessage): string => JSON.stringify(message) + RECORD_SEPARATOR;

/** The whole messages of a text, and the beginning of one that is still to come. */
export function splitMessages(text: string): { messages: string[]; rest: string } {
  const messages = text.split(RECORD_SEPARATOR);
  return { rest: messages.pop() ?? '', messages };
}

/** An error in the one string that the protocol has for it: `code: sentence`, and each wrong field. */
export function errorText(error: ForeseenError): string {
  const { code, detail, errors = [] } = problemOf(error);
  return [`${code}: ${detail}`, ...errors.map(({ path, message }) => `${path}: ${message}`)].join(' ');
}
