import type { INestApplication, Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { z } from 'zod';
import { needOf } from '../access/needs.decorator.js';
import { type Scope, SCOPES } from '../access/scopes.js';
import { PublicAddress } from '../address/public-address.js';
import { CONFIG, type Config } from '../config/config.js';
import { clientMessages, hubMessages, hubMethods } from '../delivery/signalr/hub-message.contract.js';
import { OperationsHub } from '../delivery/signalr/operations-hub.js';
import { OperationsGateway } from '../delivery/socket/operations.gateway.js';
import { socketMessages } from '../delivery/socket/socket.contract.js';

type Method = (...given: never[]) => unknown;

type AccessOf = (channel: Channel, message: string) => object | undefined;

type Messages = Readonly<Record<string, z.ZodType>>;

interface Channel {
  address: string;
  title: string;
  description: string;
  fromClient: Messages;
  toClient: Messages;
  /** Its methods of the same names, in small letters, declare what the client's messages need. */
  receiver: { prototype: object };
  /** The answers to a message of the client. */
  replies: Readonly<Record<string, readonly string[]>>;
}

const CHANNELS: Readonly<Record<string, Channel>> = {
  socketIo: {
    address: '/operations',
    title: 'Socket.IO',
    description:
      'The namespace of a Socket.IO server (https://socket.io), at its default path, by event name. A `join` is ' +
      'acknowledged with what the client has missed; then come `operation` events. `expiring` comes a minute before ' +
      'the credentials of a room end: `renew` goes on with others, else `left` follows. `problem` says why a ' +
      'connection ends.',
    ...socketMessages,
    receiver: OperationsGateway,
    replies: { join: ['acknowledgement'], renew: ['acknowledgement'], leave: ['acknowledgement'] },
  },
  signalR: {
    address: '/hubs/operations',
    title: 'SignalR',
    description:
      'The JSON hub protocol of SignalR, version 1, after its negotiation ' +
      '(https://github.com/dotnet/aspnetcore/tree/main/src/SignalR/docs/specs): each message is followed by the ' +
      'character 0x1E. Join, Renew and Leave are invoked, Follow is a stream that completes with its operation.',
    fromClient: { ...clientMessages, ...hubMethods },
    toClient: hubMessages,
    receiver: OperationsHub,
    replies: {
      handshakeRequest: ['handshakeResponse'],
      Join: ['completion'],
      Renew: ['completion'],
      Leave: ['completion'],
      Follow: ['streamItem', 'completion'],
      cancelInvocation: ['completion'],
    },
  },
};

const CREDENTIALS = {
  type: 'http',
  scheme: 'bearer',
  description:
    'An API key, a JWT or a watch token with the scope that the message names as `x-scope`. Socket.IO sends it as ' +
    '`auth: { token }`, SignalR by `accessTokenFactory`; or each join carries its own `token`.',
} as const;

/** AsyncAPI 3 of what clients and the service push to each other, from the schemas that both gateways use. */
export function asyncApiDocument(app: INestApplication) {
  const { host, protocol, pathname } = new URL(app.get<PublicAddress>(PublicAddress, { strict: false }).url);
  const { isOpen } = app.get<Config['access']>(CONFIG.access, { strict: false });
  const schemas: Record<string, unknown> = {};
  const access: AccessOf = (channel, message) => {
    const scope = scopeOf(app.get(Reflector), channel, message);
    if (scope === undefined) return undefined;
    return {
      description: `Needs the scope \`${scope}\`: ${SCOPES[scope]}.`,
      'x-scope': scope,
      ...(!isOpen && { security: [{ $ref: '#/components/securitySchemes/credentials' }] }),
    };
  };
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Outcome: push',
      version: '1',
      description:
        'Follow operations by Socket.IO or SignalR. REST and server-sent events are in the OpenAPI at /docs.',
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    servers: {
      outcome: {
        host,
        ...(pathname !== '/' && { pathname }),
        protocol: protocol === 'https:' ? 'wss' : 'ws',
      },
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(Object.entries(CHANNELS).map(([id, channel]) => [id, channelOf(channel, schemas)])),
    operations: Object.fromEntries(
      Object.entries(CHANNELS).flatMap(([id, channel]) => operationsOf(id, channel, access)),
    ),
    components: { schemas, securitySchemes: { credentials: CREDENTIALS } },
  };
}

function channelOf({ address, title, description, fromClient, toClient }: Channel, schemas: Record<string, unknown>) {
  const messages = (named: Messages, io: 'input' | 'output') =>
    Object.entries(named).map(([name, schema]) => [name, { name, payload: payloadOf(schema, io, schemas) }] as const);
  return {
    address,
    title,
    description,
    servers: [{ $ref: '#/servers/outcome' }],
    messages: Object.fromEntries([...messages(fromClient, 'input'), ...messages(toClient, 'output')]),
  };
}

/** One operation a message, as AsyncAPI sees it: the service receives what a client sends. */
function operationsOf(id: string, whole: Channel, access: AccessOf): (readonly [string, object])[] {
  const { fromClient, toClient, replies } = whole;
  const channel = { $ref: `#/channels/${id}` };
  const refTo = (name: string) => ({ $ref: `#/channels/${id}/messages/${name}` });
  const answers = new Set(Object.values(replies).flat());
  return [
    ...Object.keys(fromClient).map((name) => {
      const messages = replies[name]?.map(refTo);
      const reply = messages && { reply: { channel, messages } };
      const operation = { action: 'receive', channel, messages: [refTo(name)], ...reply, ...access(whole, name) };
      return [`${id}.receive.${name}`, operation] as const;
    }),
    ...Object.keys(toClient)
      .filter((name) => !answers.has(name))
      .map((name) => [`${id}.send.${name}`, { action: 'send', channel, messages: [refTo(name)] }] as const),
  ];
}

/** The scope that the rule of access demands of its sender. */
function scopeOf(reflector: Reflector, { receiver }: Channel, message: string): Scope | undefined {
  const method = Reflect.get(receiver.prototype, message.toLowerCase()) as Method | undefined;
  const need = method && needOf(reflector, [method, receiver as Type]);
  return need && 'scope' in need ? need.scope : undefined;
}

/** As JSON Schema; schemas with an id become components of that name. */
function payloadOf(schema: z.ZodType, io: 'input' | 'output', schemas: Record<string, unknown>): object {
  const json = z.toJSONSchema(schema, {
    target: 'draft-7',
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      delete jsonSchema.id;
    },
  });
  const readdressed = JSON.stringify(json).replaceAll('#/definitions/', '#/components/schemas/');
  const { $schema: _, definitions = {}, ...payload } = JSON.parse(readdressed) as typeof json;
  Object.assign(schemas, definitions);
  return payload;
}
