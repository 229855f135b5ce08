import { createHmac, randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import { signedAsSandbox } from '../../src/payments/providers/sandbox/sandbox-webhooks.js';
import type { PaymentProvider } from '../../src/payments/providers/payment-provider.js';
import { PaymentsOf, providerOf, sandboxSecret } from '../support/payments.js';
import { eventually, type Problem, Service } from '../support/service.js';
import { Gate } from '../support/gate.js';
import { expectOneEndingEach, operationOnce } from '../support/work.js';

const WEBHOOKS = '/api/providers/sandbox/webhooks';

const eventOf = (reference: string) => ({
  id: `evt_${randomUUID()}`,
  type: 'charge.updated',
  created: Math.floor(Date.now() / 1000),
  data: { reference },
});

interface Sent {
  id?: string;
  reference: string;
  at?: Date;
  secret?: string;
  tamper?: (body: string) => string;
}

describe('a webhook of a payment provider', () => {
  let service: Service;
  let payments: PaymentsOf;
  let provider: PaymentProvider;
  let ownSecret: string;
  beforeAll(async () => {
    // Look-ups are a minute apart, so only a webhook can arrive in time.
    service = await Service.start({ LOOK_UP_BASE_MS: '60000' });
    payments = new PaymentsOf(service);
    provider = providerOf(service);
    ownSecret = await sandboxSecret(service);
  });
  afterAll(() => service.stop());
  afterEach(() => jest.restoreAllMocks());

  /** Sends a webhook like the sandbox. */
  function send({
    id = `evt_${randomUUID()}`,
    reference,
    at = new Date(),
    secret = ownSecret,
    tamper = (body) => body,
  }: Sent) {
    const t = Math.floor(at.getTime() / 1000);
    const body = JSON.stringify({ id, type: 'charge.updated', created: t, data: { reference } });
    const v1 = createHmac('sha256', secret).update(`${t}.${body}`).digest('hex');
    return service.request<{ received?: boolean; code?: string }>('POST', WEBHOOKS, {
      headers: { 'Content-Type': 'application/json', 'sandbox-signature': `t=${t},v1=${v1}` },
      body: tamper(body),
    });
  }

  const referenceOf = async (id: string) => (await payments.payment(id)).reference ?? '';
  const events = async (reference: string) =>
    (
      await service.database.client.query<{ handled: boolean }>(
        'SELECT handled_at IS NOT NULL AS handled FROM provider_event WHERE reference = $1',
        [reference],
      )
    ).rows;
  const allHandled = (reference: string) =>
    eventually(async () => {
      const found = await events(reference);
      return found.length > 0 && found.every(({ handled }) => handled);
    }, 30_000);

  /** A charge that only a webhook will resolve: pending by the provider's answer, with its look-up in an hour. */
  async function reconciling(): Promise<string> {
    const charge = provider.charge.bind(provider);
    jest.spyOn(provider, 'charge').mockImplementationOnce(async (request) => {
      const answer = await charge(request);
      return { type: 'pending', reference: answer.type === 'succeeded' ? answer.reference : '' };
    });
    const { id } = await service.charge();
    await operationOnce(service, id, ({ status }) => status === 'reconciling');
    return id;
  }

  /** Its job has run once, and must run again. */
  const lookedAt = (reference: string) =>
    eventually(async () => {
      const { rows } = await service.database.client.query<{ attempts: number }>(
        `SELECT job.attempts_made AS attempts FROM bullmq.job AS job JOIN provider_event AS event
          ON job.id = 'sandbox ' || event.id
         WHERE job.queue = 'provider-events' AND event.reference = $1`,
        [reference],
      );
      return rows.length > 0 && rows.every(({ attempts }) => attempts > 0);
    });

  test('is answered at once, stored once, and has the operation looked up', async () => {
    const id = await reconciling();
    const reference = await referenceOf(id);
    const began = performance.now();
    expect(await send({ reference })).toMatchObject({ status: 200, body: { received: true } });
    // Its look-up is due after a minute.
    expect(performance.now() - began).toBeLessThan(40_000);
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
    await allHandled(reference);
  });

  test('that is delivered twice, at once and later, is one event', async () => {
    const id = await reconciling();
    const reference = await referenceOf(id);
    const event = { id: `evt_${randomUUID()}`, reference };
    const answers = await Promise.all([send(event), send(event), send(event)]);
    await service.ending(id);
    answers.push(await send(event));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await allHandled(reference);
    expect(await events(reference)).toHaveLength(1);
    await expectOneEndingEach(service, [id]);
    expect(await payments.ledger(id)).toMatchObject({ captured: 1999 });
  });

  test('that arrives before its reference is stored is kept and retried', async () => {
    const gate = new Gate();
    const charge = provider.charge.bind(provider);
    const answered = new Gate<string>();
    jest.spyOn(provider, 'charge').mockImplementationOnce(async (request) => {
      const answer = await charge(request);
      answered.open(answer.type === 'succeeded' ? answer.reference : '');
      await gate.pass();
      return answer;
    });
    const { id } = await service.charge();
    const reference = await answered.opened;
    expect((await send({ reference })).status).toBe(200);
    await lookedAt(reference);
    expect(await events(reference)).toEqual([{ handled: false }]);
    gate.open();
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
    await allHandled(reference);
    await expectOneEndingEach(service, [id]);
  });

  test('that arrives during an attempt waits until the attempt has ended', async () => {
    const id = await reconciling();
    const reference = await referenceOf(id);
    const gate = new Gate();
    const lookUp = provider.lookUp.bind(provider);
    // The worker's answer is older than the event, and says that nothing is known yet.
    const spy = jest.spyOn(provider, 'lookUp').mockImplementationOnce(async () => {
      await gate.pass();
      return { type: 'unknown', reason: 'still_unknown' };
    });
    spy.mockImplementation(lookUp);
    await send({ reference });
    await gate.reached;
    const response = await send({ reference });
    expect(response.status).toBe(200);
    await lookedAt(reference);
    gate.open();
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
    await allHandled(reference);
  });

  test('after the ending, however old or repeated, changes nothing', async () => {
    const paid = await payments.charged();
    const declined = await service.ending((await service.charge('pm_card_visa_chargeDeclined')).id);
    const lookUp = jest.spyOn(provider, 'lookUp');
    for (const { id } of [paid, declined]) {
      const reference = await referenceOf(id);
      const before = await service.history(id);
      const doubled = `evt_${randomUUID()}`;
      // In the wrong order, and as old as the signature allows.
      for (const minutesAgo of [0, 4, 2]) await send({ reference, at: new Date(Date.now() - minutesAgo * 60_000) });
      for (const _ of ['once', 'twice']) await send({ id: doubled, reference });
      await allHandled(reference);
      expect(await events(reference)).toHaveLength(4);
      expect(await service.history(id)).toEqual(before);
    }
    // The unpaid charge was looked up for each event.
    expect(lookUp).toHaveBeenCalledTimes(4);
  });

  test('with an unknown reference is kept and waits', async () => {
    expect(await send({ reference: 'sb_of_somebody_else' })).toMatchObject({ status: 200 });
    await lookedAt('sb_of_somebody_else');
    expect(await events('sb_of_somebody_else')).toEqual([{ handled: false }]);
  });

  test.each<[string, Partial<Sent>]>([
    ['signed with another secret', { secret: 'whsec_of_a_stranger' }],
    ['changed on its way', { tamper: (body) => body.replace('charge.updated', 'charge.upgraded') }],
    ['of long ago', { at: new Date(Date.now() - 3_600_000) }],
    ['of the future', { at: new Date(Date.now() + 3_600_000) }],
  ])('that is %s is refused, and nothing of it is stored', async (_, more) => {
    const reference = `sb_${randomUUID()}`;
    expect(await send({ reference, ...more })).toMatchObject({ status: 400, body: { code: 'webhook_refused' } });
    expect(await events(reference)).toEqual([]);
  });

  test('that is forged, for an existing charge or none, stores no event and no job, however many arrive', async () => {
    const reference = await referenceOf((await payments.charged()).id);
    const stored = async () => {
      const { rows } = await service.database.client.query<{ events: number; jobs: number }>(
        `SELECT (SELECT count(*)::int FROM provider_event) AS events,
           (SELECT count(*)::int FROM bullmq.job WHERE queue = 'provider-events') AS jobs`,
      );
      return rows[0];
    };
    // Jobs of the tests before are removed only after their events were handled.
    const { client } = service.database;
    const underWay = `SELECT FROM bullmq.job WHERE queue = 'provider-events' AND state IN ('active', 'waiting')`;
    await eventually(async () => (await client.query(underWay)).rowCount === 0);
    const lookUp = jest.spyOn(provider, 'lookUp');
    const before = await stored();
    // The second one is a secret that an earlier version published in its sources.
    for (const secret of ['', 'whsec_sandbox', 'sandbox', reference])
      for (let times = 1; times <= 25; times += 1) {
        const answers = await Promise.all(
          [`sb_${randomUUID()}`, reference].map((one) => send({ reference: one, secret })),
        );
        expect(answers.map(({ status }) => status)).toEqual([400, 400]);
      }
    expect(await stored()).toEqual(before);
    expect(lookUp).not.toHaveBeenCalled();
  });

  test('without a signature, or for an unknown provider, is refused', async () => {
    const headers = { 'Content-Type': 'application/json' };
    const unsigned = await service.request('POST', WEBHOOKS, { headers, body: '{}' });
    expect(unsigned).toMatchObject({ status: 400, body: { code: 'webhook_refused' } });
    const unknownProvider = await service.request('POST', '/api/providers/nobody/webhooks', { headers, body: '{}' });
    expect(unknownProvider).toMatchObject({
      status: 404,
      body: { code: 'provider_not_found', detail: expect.stringContaining('sandbox') },
    });
  });

  test.each<[string, number, number]>([
    ['an event with much in it', 1_000_000, 200],
    ['more than any event holds', 1_100_000, 413],
  ])('with %s, %i bytes, is answered %i', async (_, bytes, status) => {
    const reference = `sb_${randomUUID()}`;
    const tamper = (body: string) => body.replace('{', `{"more":"${'x'.repeat(bytes - body.length)}",`);
    const { body, headers } = signedAsSandbox(
      ownSecret,
      Buffer.from(tamper(JSON.stringify(eventOf(reference)))),
      new Date(),
    );
    const answer = await service.request<Problem>('POST', WEBHOOKS, {
      headers: headers as Record<string, string>,
      body: body.toString(),
    });
    expect(answer.status).toBe(status);
    if (status === 413)
      expect(answer.body).toMatchObject({ code: 'body_too_large', detail: expect.stringContaining('webhook 1 MiB') });
    expect(await events(reference)).toHaveLength(status === 200 ? 1 : 0);
  });

  test('may be larger than any other body', async () => {
    const start = { kind: 'payment.charge', input: {}, metadata: { note: 'x'.repeat(70_000) } };
    expect(await service.post<Problem>('/api/operations', start)).toMatchObject({
      status: 413,
      body: { code: 'body_too_large' },
    });
  });

  test.each<[string, string | Buffer<ArrayBuffer>]>([
    ['an empty object', '{}'],
    ['a list', '[]'],
    ['null', 'null'],
    ['no data', JSON.stringify({ ...eventOf('sb_1'), data: undefined })],
    ['NUL in its id', JSON.stringify({ ...eventOf('sb_1'), id: 'evt_\0' })],
    ['half a surrogate pair', JSON.stringify({ ...eventOf('sb_1'), data: { reference: 'sb_\ud800' } })],
    ['a time beyond the calendar', JSON.stringify({ ...eventOf('sb_1'), created: 1e15 })],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22])],
    ['a hundred thousand levels', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['no JSON', '{"id":'],
  ])('with a valid signature that is %s is refused with a reason', async (_, body) => {
    const { headers } = signedAsSandbox(ownSecret, Buffer.from(body), new Date());
    const answer = await fetch(service.url + WEBHOOKS, {
      method: 'POST',
      headers: headers as Record<string, string>,
      body,
    });
    const { code, detail } = (await answer.json()) as Problem;
    expect([answer.status, code]).toEqual([400, expect.stringMatching(/^(webhook_refused|malformed_json)$/)]);
    expect(detail.length).toBeGreaterThan(20);
  });

  test('without its job is found and gets another', async () => {
    const id = await reconciling();
    const reference = await referenceOf(id);
    await service.database.client.query(
      `INSERT INTO provider_event (provider, id, type, operation_id, reference, occurred_at, received_at)
       VALUES ('sandbox', $1, 'charge.updated', NULL, $2, now(), now() - interval '1 minute')`,
      [`evt_${randomUUID()}`, reference],
    );
    expect(await service.ending(id)).toMatchObject({ status: 'success' });
    await allHandled(reference);
  });
});
