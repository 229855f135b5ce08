import { getEventListeners, getMaxListeners, once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { HeldClock } from '../../../../test/support/held-clock.js';
import { eventually } from '../../../../test/support/service.js';
import type { PublicAddress } from '../../../address/public-address.js';
import type { Config } from '../../../config/config.js';
import { WebhookRefused } from '../payment-provider.js';
import { readSandboxWebhook, sandboxWebhook, SandboxWebhooks, signedAsSandbox } from './sandbox-webhooks.js';

/** The wait before the second delivery. */
const FIRST_WAIT_MS = 1000;

const SECRET = 'whsec_of_a_test';

describe('the sandbox sends a webhook', () => {
  const taken: { path: string | undefined; headers: IncomingMessage['headers']; body: Buffer }[] = [];
  let answers: number[] = [];
  let server: Server;
  let address: PublicAddress;
  const senders: SandboxWebhooks[] = [];

  beforeAll(() => Logger.overrideLogger(false));

  beforeEach(async () => {
    taken.length = 0;
    answers = [];
    server = createServer((request, response) => {
      void buffer(request).then((body) => {
        taken.push({ path: request.url, headers: request.headers, body });
        response.writeHead(answers.shift() ?? 200).end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } as PublicAddress;
  });
  afterEach(async () => {
    for (const sender of senders.splice(0)) sender.stop();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  async function sender(roles: Config['roles'] = ['api', 'worker'], publicUrl?: string): Promise<SandboxWebhooks> {
    const ledger = { webhookSecret: () => Promise.resolve(SECRET) };
    const webhooks = new SandboxWebhooks(ledger, address, new HeldClock(), roles, { publicUrl });
    await webhooks.onModuleInit();
    senders.push(webhooks);
    return webhooks;
  }

  test('with its own reference of the charge, without our ids, signed', async () => {
    (await sender()).sendLater('sb_1', 0);
    const [webhook] = await eventually(async () => taken.length > 0 && taken);
    expect(webhook?.path).toBe('/api/providers/sandbox/webhooks');
    const { body = Buffer.alloc(0), headers = {} } = webhook ?? {};
    expect(JSON.parse(body.toString())).toEqual({
      id: expect.stringMatching(/^evt_/),
      type: expect.any(String),
      created: expect.any(Number),
      data: { reference: 'sb_1' },
    });
    const sent = { body, headers: { 'sandbox-signature': String(headers['sandbox-signature']) } };
    const event = readSandboxWebhook(SECRET, sent, new Date());
    expect(event).toMatchObject({ reference: 'sb_1', operationId: null });
  });

  test('once if it was accepted', async () => {
    (await sender()).sendLater('sb_1', 0);
    await eventually(async () => taken.length > 0);
    await wait(FIRST_WAIT_MS + 200);
    expect(taken).toHaveLength(1);
  });

  test('the same event again if it was not accepted', async () => {
    answers = [503];
    (await sender()).sendLater('sb_2', 0);
    await eventually(async () => taken.length === 2);
    expect(taken[1]?.body).toEqual(taken[0]?.body);
  });

  test('when it is due, and none once the service stops', async () => {
    const webhooks = await sender();
    const asked = performance.now();
    webhooks.sendLater('sb_late', 300);
    await eventually(async () => taken.length === 1);
    // A timer may fire up to a millisecond early.
    expect(performance.now() - asked).toBeGreaterThanOrEqual(299);
    webhooks.sendLater('sb_too_late', 300);
    webhooks.stop();
    await wait(1000);
    expect(taken).toHaveLength(1);
  });

  test('beside any number of others, of which none listens for the stop once it is sent', async () => {
    const webhooks = await sender();
    const { signal } = (webhooks as unknown as { stopping: AbortController }).stopping;
    for (let sent = 0; sent < 20; sent += 1) webhooks.sendLater(`sb_${sent}`, 0);
    expect(getEventListeners(signal, 'abort')).toHaveLength(20);
    // Without a limit, beyond which Node warns of a leak.
    expect(getMaxListeners(signal)).toBe(Infinity);
    await eventually(async () => taken.length === 20 && getEventListeners(signal, 'abort').length === 0);
  });

  test('not from a separate worker, unless PUBLIC_URL is set', async () => {
    (await sender(['worker'])).sendLater('sb_unheard', 0);
    (await sender(['worker'], address.url)).sendLater('sb_heard', 100);
    await eventually(async () => taken.length > 0);
    expect(taken.map(({ body }) => (JSON.parse(body.toString()) as { data: unknown }).data)).toEqual([
      { reference: 'sb_heard' },
    ]);
  });
});

describe('a webhook of the sandbox', () => {
  const eventWith = (more: object) => ({
    id: 'evt_1',
    type: 'charge.updated',
    created: 1_800_000_000,
    data: { reference: 'sb_1' },
    ...more,
  });

  test('that is signed anew each time it is sent carries the same event', () => {
    const now = new Date();
    expect(readSandboxWebhook(SECRET, sandboxWebhook(SECRET, 'sb_1', now, 'evt_1'), now)).toEqual({
      id: 'evt_1',
      type: 'charge.updated',
      occurredAt: new Date(Math.floor(now.getTime() / 1000) * 1000),
      operationId: null,
      reference: 'sb_1',
    });
  });

  test.each([
    ['no JSON', '{'],
    ['a text in its place', '"evt_1"'],
    ['no reference', JSON.stringify(eventWith({ data: {} }))],
    ['a reference that no database takes', JSON.stringify(eventWith({ data: { reference: 'sb_\u0000' } }))],
    ['an id that no database takes', JSON.stringify(eventWith({ id: 'evt_\u0000' }))],
    ['a type that no database takes', JSON.stringify(eventWith({ type: '\u0000' }))],
    ['a time that is none', JSON.stringify(eventWith({ created: Number.MAX_SAFE_INTEGER }))],
  ])('is refused with %s, however well it is signed', (_, body) => {
    const now = new Date();
    const webhook = signedAsSandbox(SECRET, Buffer.from(body), now);
    expect(() => readSandboxWebhook(SECRET, webhook, now)).toThrow(WebhookRefused);
  });
});
