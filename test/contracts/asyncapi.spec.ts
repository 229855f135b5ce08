import { Parser } from '@asyncapi/parser';
import { clientMessages, hubMessages, hubMethods } from '../../src/delivery/signalr/hub-message.contract.js';
import { socketMessages } from '../../src/delivery/socket/socket.contract.js';
import { Service } from '../support/service.js';

interface AsyncApi {
  servers: Record<string, { host: string; protocol: string }>;
  channels: Record<string, { address: string; messages: Record<string, { payload: Record<string, unknown> }> }>;
  operations: Record<
    string,
    { action: string; messages: { $ref: string }[]; reply?: { messages: { $ref: string }[] } }
  >;
  components: { schemas: Record<string, Record<string, unknown>> };
}

describe('the AsyncAPI document', () => {
  let service: Service;
  let document: AsyncApi;
  beforeAll(async () => {
    service = await Service.start({ ROLES: 'api', PUBLIC_URL: 'https://pay.example/outcome' });
    document = (await service.get<AsyncApi>('/docs/async')).body;
  });
  afterAll(() => service.stop());

  test('is valid by the public parser', async () => {
    const { document: parsed, diagnostics } = await new Parser().parse(JSON.stringify(document));

    expect(
      diagnostics
        .filter(({ severity }) => [0, 1].includes(severity))
        .map(({ message, path }) => `${path.join('.')}: ${message}`),
    ).toEqual([]);
    expect(parsed?.version()).toBe('3.0.0');
    expect(
      parsed
        ?.channels()
        .all()
        .map((channel) => channel.address()),
    ).toEqual(['/operations', '/hubs/operations']);
  });

  test('names the service as its server', () => {
    expect(document.servers).toEqual({
      outcome: {
        host: 'pay.example',
        pathname: '/outcome',
        protocol: 'wss',
      },
    });
  });

  test('has every message of both gateways, each in an operation or as its reply', () => {
    const given = {
      socketIo: { ...socketMessages.fromClient, ...socketMessages.toClient },
      signalR: { ...clientMessages, ...hubMethods, ...hubMessages },
    };
    const used = new Set(
      Object.values(document.operations)
        .flatMap(({ messages, reply }) => [...messages, ...(reply?.messages ?? [])])
        .map(({ $ref }) => $ref),
    );
    for (const [channel, messages] of Object.entries(given)) {
      const names = Object.keys(messages);
      expect(Object.keys(document.channels[channel]?.messages ?? {}).sort()).toEqual(names.sort());
      expect(names.filter((name) => !used.has(`#/channels/${channel}/messages/${name}`))).toEqual([]);
    }
  });

  test('has the shapes that the gateways validate by', () => {
    const { messages } = document.channels.signalR!;

    expect(document.channels.socketIo?.messages.join?.payload).toMatchObject({
      type: 'object',
      required: ['operationId'],
      additionalProperties: false,
    });
    expect(messages.Follow?.payload).toMatchObject({ properties: { type: { const: 4 }, target: { const: 'Follow' } } });
    expect(Object.keys(document.components.schemas).sort()).toEqual([
      'JoinedOperation',
      'Operation',
      'OperationEvent',
      'PastOperation',
      'PastOperationEvent',
      'Problem',
    ]);
    expect(JSON.stringify(document)).not.toContain('#/definitions/');
  });
});
