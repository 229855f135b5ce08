import fc from 'fast-check';
import { hostileText, hostileValue, jsonOf, type Resolve, type Schema, spoiled, valueOf } from './hostile-values.js';

/** What a client sends over a WebSocket: texts, and bytes. */
export type HostileFrames = (string | Buffer)[];

export interface DescribedPush {
  channels: Record<string, { messages: Record<string, { payload: Schema }> }>;
  operations: Record<string, { action: string; messages: { $ref: string }[] }>;
  components: { schemas: Record<string, Schema> };
}

/** The messages that the service receives in a channel, by name. */
function received({ channels, operations }: DescribedPush, channel: string): [string, Schema][] {
  const prefix = `${channel}.receive.`;
  const names = Object.keys(operations).filter((name) => name.startsWith(prefix));
  return names.map((name) => {
    const message = name.slice(prefix.length);
    return [message, channels[channel]!.messages[message]!.payload];
  });
}

const resolver =
  ({ components }: DescribedPush): Resolve =>
  (ref) =>
    components.schemas[ref.split('/').at(-1) ?? ''] ?? {};

const bytes = fc.uint8Array({ maxLength: 400 }).map((given) => Buffer.from(given));

const RAW_PACKETS = [
  '4',
  '42',
  '42/operations,',
  '42/operations,[]',
  '42/operations,{}',
  '42/operations,["join"',
  '42/operations,[null]',
  '42/operations,[17,{}]',
  '42/operations,["__proto__",{}]',
  '42/operations,["disconnect"]',
  '42/operations,["connect_error"]',
  '42/operations,["newListener"]',
  '42/nowhere,["join",{}]',
  '40/operations,{"token":17}',
  '40/operations,{',
  '40/__proto__,',
  '43/operations,1[{}]',
  '44/operations,"x"',
  '45',
  '459999999999-/operations,["join",{"_placeholder":true,"num":0}]',
  '451-/operations,["join",{"_placeholder":true,"num":1e9}]',
  '46/operations,5["x"]',
  '47',
  '49/operations,',
  '6',
  '3probe',
  '2probe',
  '5',
  'b4AAAA',
  `42/operations,${'9'.repeat(400)}["join",{}]`,
  `42/operations,1${'['.repeat(9_000)}`,
];

/** Frames of Engine.IO for the namespace /operations. */
export function socketFrames(document: DescribedPush, operationIds: readonly string[]): fc.Arbitrary<HostileFrames> {
  const resolve = resolver(document);
  const id = fc.oneof(fc.constantFrom(...operationIds), hostileText);
  const messages = received(document, 'socketIo').map(([name, payload]) => ({ name, payload }));
  const ofMessage = ({ name, payload }: (typeof messages)[number]) => {
    const valid = fc
      .tuple(valueOf(payload, resolve), id)
      .map(([given, operationId]) => ({ ...(given as object), operationId }));
    const named = fc.oneof(
      { weight: 9, arbitrary: fc.constant<unknown>(name) },
      { weight: 1, arbitrary: hostileValue },
    );
    const sent = fc.oneof(
      { weight: 6, arbitrary: spoiled(valid).map((value) => [value]) },
      { weight: 1, arbitrary: fc.array(hostileValue, { maxLength: 4 }) },
    );
    return fc.tuple(named, sent).map(([event, args]) => JSON.stringify([event, ...args]));
  };
  const message = fc.oneof(...messages.map(ofMessage));
  const withAck = fc.oneof(
    { weight: 5, arbitrary: fc.nat().map(String) },
    { weight: 1, arbitrary: fc.constantFrom('', '-1', '1e9', '99999999999999999999') },
  );
  const placeholders = fc
    .tuple(fc.constantFrom(...messages), fc.integer({ min: 0, max: 3 }), fc.array(bytes, { maxLength: 3 }))
    .map(([{ name }, num, attachments]): HostileFrames => [
      `45${attachments.length}-/operations,1${JSON.stringify([name, { _placeholder: true, num }])}`,
      ...attachments,
    ]);
  return fc.oneof(
    {
      weight: 10,
      arbitrary: fc.tuple(withAck, message).map(([ack, json]): HostileFrames => [`42/operations,${ack}${json}`]),
    },
    { weight: 2, arbitrary: placeholders },
    { weight: 2, arbitrary: fc.constantFrom(...RAW_PACKETS).map((packet): HostileFrames => [packet]) },
    { weight: 1, arbitrary: hostileText.map((text): HostileFrames => [text]) },
    { weight: 1, arbitrary: bytes.map((given): HostileFrames => [given]) },
  );
}

const SEPARATOR = '\x1e';

/** Frames of the hub: texts of JSON, each with its separator, mostly. */
export function hubFrames(document: DescribedPush, operationIds: readonly string[]): fc.Arbitrary<HostileFrames> {
  const resolve = resolver(document);
  const ofMessage = ([, payload]: [string, Schema]) => {
    const made = fc.tuple(valueOf(payload, resolve), fc.constantFrom(...operationIds)).map(([given, operationId]) => {
      const { arguments: [, ...others] = [], ...rest } = given as { arguments?: unknown[] };
      return 'arguments' in (given as object) ? { ...rest, arguments: [operationId, ...others] } : rest;
    });
    return jsonOf(made);
  };
  const message = fc.oneof(...received(document, 'signalR').map(ofMessage));
  const ended = message.map((json) => json + SEPARATOR);
  return fc.oneof(
    { weight: 10, arbitrary: ended.map((text): HostileFrames => [text]) },
    { weight: 1, arbitrary: fc.array(ended, { maxLength: 20 }).map((texts): HostileFrames => [texts.join('')]) },
    {
      weight: 1,
      arbitrary: ended.map((text): HostileFrames => [text.slice(0, text.length / 2), text.slice(text.length / 2)]),
    },
    { weight: 1, arbitrary: ended.map((text): HostileFrames => [Buffer.from(text)]) },
    { weight: 1, arbitrary: bytes.map((given): HostileFrames => [given]) },
    { weight: 1, arbitrary: hostileText.map((text): HostileFrames => [text + SEPARATOR]) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(SEPARATOR.repeat(5_000), `{}${SEPARATOR}`.repeat(5_000), '{"type":6}')
        .map((text): HostileFrames => [text]),
    },
  );
}
