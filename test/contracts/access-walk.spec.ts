import { once } from 'node:events';
import { WebSocket } from 'ws';
import { ALL_SCOPES, type Scope } from '../../src/access/scopes.js';
import { messageNeeds, routeNeeds, servedRoutes } from '../support/declared-needs.js';
import type { Document } from '../support/openapi-document.js';
import { TestCredentials } from '../support/credentials.js';
import { type Problem, Service } from '../support/service.js';
import { contentsOf } from '../support/table-contents.js';

/** In place of a scope: why a route or message needs none. */
const nothing = (since: string) => ({ nothingSince: since });
type Needed = Scope | ReturnType<typeof nothing>;

const OF_THE_PAGE = nothing('the page signs in by itself');
const OF_THE_PLATFORM = nothing('the platform asks before anything else works');
const OF_THE_HUB = nothing('its messages are asked');
const OF_THE_SANDBOX = nothing('its address or body has a secret of the charge');
/** No controller, so the guard is not asked: documents of this program, the same everywhere. */
const OF_NO_CONTROLLER = nothing('it has nothing of a shop in it');

/** What each route needs. The declarations and the behaviour are compared with it: a new route belongs here too. */
const ROUTES: Readonly<Record<string, Needed>> = {
  'GET /': OF_THE_PAGE,
  'GET /*': OF_NO_CONTROLLER,
  'GET /api/audit': 'audit:read',
  'GET /api/caller': nothing('it tells a page whether to ask for credentials'),
  'GET /api/checkStatus': 'operations:read',
  'GET /api/kinds': 'operations:read',
  'GET /api/keys': 'keys:manage',
  'POST /api/keys': 'keys:manage',
  'POST /api/keys/:id/revoke': 'keys:manage',
  'POST /api/keys/:id/roll': 'keys:manage',
  'GET /api/operations': 'operations:read',
  'POST /api/operations': 'operations:start',
  'GET /api/operations/:id': 'operations:read',
  'POST /api/operations/:id/cancel': 'operations:cancel',
  'GET /api/operations/:id/events': 'operations:read',
  'GET /api/operations/:id/inspection': 'operations:inspect',
  'POST /api/operations/:id/resolve': 'operations:resolve',
  'POST /api/operations/:id/watch-token': 'operations:read',
  'POST /api/operations/:id/watch-tokens/revoke': 'operations:revoke_tokens',
  'GET /api/operations/statistics': 'operations:read',
  'GET /api/payments/:chargeOperationId': 'operations:read',
  'GET /api/payments/provider': 'operations:read',
  'POST /api/providers/:name/webhooks': nothing('the provider signs it'),
  'POST /api/start-tokens': 'operations:start',
  'POST /api/startOperation': 'operations:start',
  'GET /api/webhook-endpoints': 'webhooks:read',
  'POST /api/webhook-endpoints': 'webhooks:manage',
  'GET /api/webhook-endpoints/:id': 'webhooks:read',
  'PATCH /api/webhook-endpoints/:id': 'webhooks:manage',
  'DELETE /api/webhook-endpoints/:id': 'webhooks:manage',
  'GET /api/webhook-endpoints/:id/deliveries': 'webhooks:read',
  'POST /api/webhook-endpoints/:id/deliveries/:deliveryId/resend': 'webhooks:manage',
  'POST /api/webhook-endpoints/:id/deliveries/resend': 'webhooks:manage',
  'POST /api/webhook-endpoints/:id/rotate-secret': 'webhooks:manage',
  'POST /api/webhook-endpoints/:id/test': 'webhooks:manage',
  'GET /docs': OF_NO_CONTROLLER,
  'GET /docs*': OF_NO_CONTROLLER,
  'GET /docs-json': OF_NO_CONTROLLER,
  'GET /docs-yaml': OF_NO_CONTROLLER,
  'GET /docs/async': OF_NO_CONTROLLER,
  'GET /health/live': OF_THE_PLATFORM,
  'GET /health/ready': OF_THE_PLATFORM,
  'GET /hubs/operations': OF_THE_HUB,
  'POST /hubs/operations': OF_THE_HUB,
  'DELETE /hubs/operations': OF_THE_HUB,
  'POST /hubs/operations/negotiate': OF_THE_HUB,
  'GET /metrics': 'platform:read',
  'GET /operations': OF_THE_PAGE,
  'GET /operations/:id': OF_THE_PAGE,
  'GET /sandbox/authenticate/:token': OF_THE_SANDBOX,
  'POST /sandbox/authenticate/:token/:answer': OF_THE_SANDBOX,
  'POST /sandbox/charges/:charge/:act': 'payments:refund',
  'POST /sandbox/confirmations': OF_THE_SANDBOX,
  'GET /webhooks': OF_THE_PAGE,
  'GET /webhooks/:id': OF_THE_PAGE,
};

/** Declared beside the scope. */
const MORE: Readonly<Record<string, object>> = {
  'POST /api/operations': { takesStartTokens: true },
  'GET /api/operations/:id/events': { takesEventTokens: true },
};

const ONLY_ENDS = nothing('it only ends what a join has begun');
const OF_THE_PROTOCOL = nothing('it asks for nothing of an operation');

/** What each message of a client needs, by its operation in the AsyncAPI document. */
const MESSAGES: Readonly<Record<string, Needed>> = {
  'socketIo.receive.join': 'operations:read',
  'socketIo.receive.renew': 'operations:read',
  'socketIo.receive.leave': ONLY_ENDS,
  'signalR.receive.handshakeRequest': OF_THE_PROTOCOL,
  'signalR.receive.invocation': OF_THE_PROTOCOL,
  'signalR.receive.streamInvocation': OF_THE_PROTOCOL,
  'signalR.receive.cancelInvocation': OF_THE_PROTOCOL,
  'signalR.receive.ping': OF_THE_PROTOCOL,
  'signalR.receive.close': OF_THE_PROTOCOL,
  'signalR.receive.Join': 'operations:read',
  'signalR.receive.Renew': 'operations:read',
  'signalR.receive.Leave': ONLY_ENDS,
  'signalR.receive.Follow': 'operations:read',
};

const SOME_ID = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';
const EXAMPLES: Readonly<Record<string, string>> = { ':name': 'sandbox', ':deliveryId': '42', ':act': 'refund' };
const CHARGE = { kind: 'payment.charge', input: { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' } };
const BODIES: Readonly<Record<string, object>> = {
  'POST /api/operations': CHARGE,
  'POST /api/start-tokens': CHARGE,
  'POST /api/startOperation': CHARGE,
  'POST /api/operations/:id/resolve': { by: 'ops', reason: 'seen at the provider', outcome: { status: 'failed' } },
  'POST /api/keys': { scopes: ['operations:read'], owner: 'ops' },
  'POST /api/keys/:id/roll': {},
  // A name that is never resolved, so that nothing is sent.
  'POST /api/webhook-endpoints': { url: 'https://shop.invalid/webhooks' },
  'PATCH /api/webhook-endpoints/:id': { enabled: false },
  'POST /api/webhook-endpoints/:id/deliveries/resend': { since: '2026-01-01T00:00:00Z' },
};

/** What a caller lacks, as a problem's code; undefined if nothing. */
type Lack = string | undefined;
const ACCESS_PROBLEMS = /^(credentials_\w+|scope_missing)$/;
const lackIn = (code: unknown): Lack => (ACCESS_PROBLEMS.test(String(code)) ? String(code) : undefined);

describe('with access closed', () => {
  let service: Service;
  let callers: TestCredentials;
  beforeAll(async () => {
    service = await Service.start({ AUTH_MODE: 'keys', ROLES: 'api' });
    callers = TestCredentials.of(service);
  });
  afterAll(() => service.stop());

  /** Each Authorization header that proves no caller, and what its sender lacks. */
  const unproven = (): [string, string][] => [
    ['', 'credentials_invalid'],
    ['Bearer', 'credentials_invalid'],
    ['Bearer a b', 'credentials_invalid'],
    [`Basic ${callers.with(ALL_SCOPES)}`, 'credentials_invalid'],
    [callers.with(ALL_SCOPES), 'credentials_invalid'],
    [`Bearer ${callers.unknown}`, 'credentials_invalid'],
    [`Bearer ${callers.with(ALL_SCOPES)}x`, 'credentials_invalid'],
    ['Bearer oc_live_000000000000_00000000000000000000000000000000_000000', 'credentials_invalid'],
    ['Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.', 'credentials_invalid'],
    [`Bearer ${callers.expired}`, 'credentials_expired'],
  ];

  describe('each route', () => {
    test('is of the list, and each of the OpenAPI document too', async () => {
      const { body } = await service.get<Document>('/docs-json');
      const documented = Object.entries(body.paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
      );

      expect(servedRoutes(service).sort()).toEqual(Object.keys(ROUTES).sort());
      expect(documented.filter((route) => !(route in ROUTES))).toEqual([]);
    });

    test('declares what it needs', () => {
      const ofControllers = Object.entries(ROUTES).filter(([, needed]) => needed !== OF_NO_CONTROLLER);

      expect(Object.fromEntries(routeNeeds(service))).toEqual(
        Object.fromEntries(
          ofControllers.map(([route, needed]) => [
            route,
            typeof needed === 'string' ? { scope: needed, ...MORE[route] } : needed,
          ]),
        ),
      );
    });

    test.each(Object.entries(ROUTES))('%s', async (route, needed) => {
      const [method = '', path = ''] = route.split(' ');
      const url = path.replaceAll(/:\w+/g, (name) => EXAMPLES[name] ?? SOME_ID).replace('*', '');
      const body = route in BODIES ? JSON.stringify(BODIES[route]) : undefined;
      const lack = async (authorization?: string): Promise<Lack> => {
        const headers = {
          ...(authorization !== undefined && { Authorization: authorization }),
          ...(body && { 'Content-Type': 'application/json' }),
        };
        const answer = await service.request<Problem>(method, url, { headers, body });
        const code = lackIn(answer.body?.code);
        expect(answer.status).toBeLessThan(500);
        expect([401, 403].includes(answer.status)).toBe(code !== undefined);
        expect(answer.headers.get('www-authenticate')).toBe(answer.status === 401 ? 'Bearer' : null);
        return code;
      };

      const before = await contentsOf(service.database);
      for (const [authorization, expected] of unproven())
        expect([authorization, await lack(authorization)]).toEqual([authorization, expected]);
      if (typeof needed === 'string') {
        expect(await lack()).toBe('credentials_missing');
        for (const scope of ALL_SCOPES.filter((other) => other !== needed))
          expect([scope, await lack(`Bearer ${callers.with([scope])}`)]).toEqual([scope, 'scope_missing']);
        const others = ALL_SCOPES.filter((other) => other !== needed);
        expect(await lack(`Bearer ${callers.with(others)}`)).toBe('scope_missing');
        expect(await contentsOf(service.database)).toEqual(before);
        expect(await lack(`Bearer ${callers.with([needed])}`)).toBeUndefined();
      } else {
        expect(await lack()).toBeUndefined();
        expect(await lack(`Bearer ${callers.with([])}`)).toBeUndefined();
        expect(await contentsOf(service.database)).toEqual(before);
      }
    });
  });

  describe('each message', () => {
    /** Sends it, and resolves with what its sender lacks. */
    const send = (message: string, token: string | undefined, ofMessage?: string): Promise<Lack> => {
      const [channel, , name = ''] = message.split('.');
      return channel === 'socketIo' ? sendBySocket(name, token, ofMessage) : sendByHub(name, token, ofMessage);
    };

    async function sendBySocket(name: string, token: string | undefined, ofMessage?: string): Promise<Lack> {
      const socket = service.socket({ reconnection: false, ...(token !== undefined && { auth: { token } }) });
      try {
        const refused = await new Promise<{ code: string } | undefined>((resolve) => {
          socket.on('connect', () => resolve(undefined));
          socket.on('connect_error', (error) => resolve((error as Error & { data: { code: string } }).data));
        });
        if (refused) return lackIn(refused.code);
        const message = { operationId: SOME_ID, ...(ofMessage !== undefined && { token: ofMessage }) };
        const { problem } = (await socket.timeout(20_000).emitWithAck(name, message)) as { problem?: Problem };
        return lackIn(problem?.code);
      } finally {
        socket.close();
      }
    }

    const HUB_MESSAGES: Readonly<Record<string, { type: number; target?: string; arguments?: unknown[] }>> = {
      invocation: { type: 1, target: 'Nothing', arguments: [] },
      streamInvocation: { type: 4, target: 'Nothing', arguments: [] },
      cancelInvocation: { type: 5 },
      ping: { type: 6 },
      close: { type: 7 },
      Join: { type: 1, target: 'Join', arguments: [SOME_ID, 0] },
      Renew: { type: 1, target: 'Renew', arguments: [SOME_ID] },
      Leave: { type: 1, target: 'Leave', arguments: [SOME_ID] },
      Follow: { type: 4, target: 'Follow', arguments: [SOME_ID, 0] },
    };

    async function sendByHub(name: string, token: string | undefined, ofMessage?: string): Promise<Lack> {
      const query = token === undefined ? '' : `?access_token=${encodeURIComponent(token)}`;
      const hub = new WebSocket(`${service.url.replace('http', 'ws')}/hubs/operations${query}`);
      // That of a connection that is not opened, which its response explains.
      hub.on('error', () => undefined);
      let challenge: string | undefined;
      try {
        const refused = await new Promise<string | undefined>((resolve) => {
          hub.on('open', () => resolve(undefined));
          hub.on('unexpected-response', (_, response) => {
            challenge = response.headers['www-authenticate'];
            response.on('data', (text: Buffer) => resolve((JSON.parse(text.toString()) as Problem).code));
          });
        });
        if (refused) {
          expect(challenge).toBe('Bearer');
          return lackIn(refused);
        }
        hub.send('{"protocol":"json","version":1}\x1e');
        await once(hub, 'message');
        if (name === 'handshakeRequest') return undefined;
        const { arguments: given = [], ...message } = HUB_MESSAGES[name]!;
        const all = ofMessage === undefined ? given : [...given, ofMessage];
        hub.send(`${JSON.stringify({ ...message, invocationId: '1', arguments: all })}\x1e`);
        // A ping has no answer: what follows has, in its turn. A close has one by itself.
        hub.send(`{"type":1,"invocationId":"2","target":"Leave","arguments":["${SOME_ID}"]}\x1e`);
        const [answer] = (await once(hub, name === 'close' ? 'close' : 'message')) as [unknown];
        const [first = ''] = String(answer).split('\x1e');
        return lackIn(/"error":"(\w+):/.exec(first)?.[1]);
      } finally {
        hub.terminate();
      }
    }

    async function receivedMessages() {
      type Message = { action: string; 'x-scope'?: string; security?: object[] };
      const { body } = await service.get<{ operations: Record<string, Message> }>('/docs/async');
      return Object.fromEntries(Object.entries(body.operations).filter(([, { action }]) => action === 'receive'));
    }

    test('is of the list, as all of the AsyncAPI document are', async () => {
      const received = Object.keys(await receivedMessages());

      expect(received.sort()).toEqual(Object.keys(MESSAGES).sort());
    });

    test('needs what the AsyncAPI document says', async () => {
      const documented = Object.entries(await receivedMessages());
      const credentials = [{ $ref: '#/components/securitySchemes/credentials' }];

      expect(
        Object.fromEntries(documented.map(([name, message]) => [name, [message['x-scope'], message.security]])),
      ).toEqual(
        Object.fromEntries(
          Object.entries(MESSAGES).map(([name, needed]) => [
            name,
            typeof needed === 'string' ? [needed, credentials] : [undefined, undefined],
          ]),
        ),
      );
    });

    test('declares what it needs', () => {
      const declared = Object.entries(MESSAGES).filter(([, needed]) => needed !== OF_THE_PROTOCOL);

      expect(Object.fromEntries(messageNeeds(service))).toEqual(
        Object.fromEntries(
          declared.map(([name, needed]) => [
            name.split('.').at(-1),
            typeof needed === 'string' ? { scope: needed } : needed,
          ]),
        ),
      );
    });

    test.each(Object.entries(MESSAGES))('%s', async (message, needed) => {
      const before = await contentsOf(service.database);
      const isAsked = typeof needed === 'string';
      expect(await send(message, undefined)).toBe(isAsked ? 'credentials_missing' : undefined);
      for (const [token, expected] of [
        ['', 'credentials_invalid'],
        ['a b', 'credentials_invalid'],
        [callers.unknown, 'credentials_invalid'],
        [callers.expired, 'credentials_expired'],
      ] as const) {
        expect([token, await send(message, token)]).toEqual([token, expected]);
        if (isAsked) expect([token, await send(message, callers.with([needed]), token)]).toEqual([token, expected]);
      }
      if (isAsked) {
        const others = ALL_SCOPES.filter((other) => other !== needed);
        for (const scope of others) {
          expect([scope, await send(message, callers.with([scope]))]).toEqual([scope, 'scope_missing']);
          expect([scope, await send(message, undefined, callers.with([scope]))]).toEqual([scope, 'scope_missing']);
        }
        // That of the message counts, not that of its connection.
        expect(await send(message, callers.with([needed]), callers.with(others))).toBe('scope_missing');
        expect(await send(message, callers.with(others), callers.with([needed]))).toBeUndefined();
        expect(await send(message, callers.with([needed]))).toBeUndefined();
      }
      expect(await contentsOf(service.database)).toEqual(before);
    });
  });
});
