import {
  type IncomingWebhook,
  type ProviderEvent,
  type Succeeded,
  WebhookRefused,
} from '../../src/payments/providers/payment-provider.js';
import { chargeOf, type ContractCase, type ProviderMethods, type ProviderUnderTest } from './provider-under-test.js';
import { MINUTES } from '../../src/time/durations.js';

/** Replacements for a value in an event on which a database, a Date or a careless reader fails. */
const POISON: readonly unknown[] = [
  null,
  {},
  [],
  '',
  'nul \0',
  'half a pair \ud800',
  'x'.repeat(10_000),
  -1,
  0.5,
  Number.MAX_SAFE_INTEGER,
  1e300,
  true,
];

const NO_EVENTS: Record<string, Buffer> = {
  ...Object.fromEntries(
    [
      '',
      '{}',
      '[]',
      'null',
      '0',
      '"evt_1"',
      '{"id":"evt_1"}',
      '{"data":null}',
      'not JSON',
      '{"id":',
      '['.repeat(200_000),
    ].map((text) => [text.slice(0, 20), Buffer.from(text)]),
  ),
  'no UTF-8': Buffer.from([0x22, 0xff, 0xfe, 0xc3, 0x28, 0x22]),
};

async function webhookOfCharge(under: ProviderUnderTest, { charged }: ProviderMethods) {
  const request = chargeOf(charged);
  const { reference } = (await under.provider.charge(request)) as Succeeded;
  return { request, reference, webhook: await under.webhooks.about(request.idempotencyKey) };
}

/** Any other error would be a 500, which the provider sends again and again. */
function expectRefused({ provider }: ProviderUnderTest, webhook: IncomingWebhook, what: string): void {
  expect({ what, came: outcomeOf(() => provider.readWebhook(webhook)) }).toEqual({ what, came: 'refused' });
}

function outcomeOf(read: () => ProviderEvent): ProviderEvent | 'refused' {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof WebhookRefused)) throw error;
    expect(error.message).toMatch(/\w{3}/);
    return 'refused';
  }
}

export const WEBHOOK_CASES: readonly ContractCase[] = [
  {
    title: 'is accepted by its signature, and names the charge',
    run: async (under, methods) => {
      const { request, reference, webhook } = await webhookOfCharge(under, methods);
      const read = (one: IncomingWebhook) => under.provider.readWebhook(one);
      const event = read(webhook);
      const known = {
        id: expect.stringMatching(/^\S+$/),
        type: expect.any(String),
        occurredAt: expect.any(Date),
        reference,
      };
      expect(event).toMatchObject(known);
      expect([null, request.operationId]).toContain(event.operationId);
      expect(Math.abs(event.occurredAt.getTime() - Date.now())).toBeLessThan(1 * MINUTES);
      expect(read(webhook).id).toBe(event.id);
      expect(read((await webhookOfCharge(under, methods)).webhook).id).not.toBe(event.id);
    },
  },
  {
    title: 'is accepted under each configured secret',
    run: async (under, methods) => {
      const { reference, webhook } = await webhookOfCharge(under, methods);
      const { secrets, signed } = under.webhooks;
      expect(secrets.length).toBeGreaterThan(0);
      for (const secret of secrets)
        expect(under.provider.readWebhook(signed(webhook.body, { secret }))).toMatchObject({ reference });
    },
  },
  {
    title: 'is refused if it is forged',
    run: async (under, methods) => {
      const { webhook } = await webhookOfCharge(under, methods);
      const another = (await webhookOfCharge(under, methods)).webhook;
      const forged = under.webhooks.forged(webhook);
      expect(Object.keys(forged)).not.toEqual([]);
      for (const [how, forgery] of Object.entries(forged)) {
        expect({ how, forgery }).not.toEqual({ how, forgery: webhook });
        expectRefused(under, forgery, how);
      }
      expectRefused(under, { body: webhook.body, headers: { 'content-type': 'application/json' } }, 'no signature');
      expectRefused(under, { body: webhook.body, headers: another.headers }, 'the signature of another event');
      expectRefused(under, { body: Buffer.alloc(0), headers: webhook.headers }, 'no body');
      expectRefused(
        under,
        under.webhooks.signed(webhook.body, { secret: 'whsec_of_a_stranger' }),
        'the secret of a stranger',
      );
      for (let at = 0; at < webhook.body.length; at += 1) {
        const body = Buffer.from(webhook.body);
        body[at] = (body[at] ?? 0) ^ 1;
        expectRefused(under, { body, headers: webhook.headers }, `byte ${at} changed`);
      }
    },
  },
  {
    title: 'is refused if it is old or from the future',
    run: async (under, methods) => {
      const { reference, webhook } = await webhookOfCharge(under, methods);
      const signed = (minutes: number) =>
        under.webhooks.signed(webhook.body, { at: new Date(Date.now() + minutes * MINUTES) });
      for (const minutes of [-10, 10, 60 * 24 * 365])
        expectRefused(under, signed(minutes), `signed ${minutes} minutes from now`);
      for (const minutes of [-3, 3]) expect(under.provider.readWebhook(signed(minutes))).toMatchObject({ reference });
    },
  },
  {
    title: 'has its age by the clock of the service, not of the machine',
    run: async (under, methods) => {
      const { reference, webhook } = await webhookOfCharge(under, methods);
      const now = new Date(Date.now() + 10 * MINUTES);
      under.clock.aheadMs = 10 * MINUTES;
      try {
        expectRefused(under, webhook, 'signed ten minutes ago');
        expect(under.provider.readWebhook(under.webhooks.signed(webhook.body, { at: now }))).toMatchObject({
          reference,
        });
      } finally {
        under.clock.aheadMs = 0;
      }
    },
  },
  {
    title: 'is refused with a reason if its signature is valid and its body is no event',
    run: async (under) => {
      for (const [what, body] of Object.entries(NO_EVENTS)) expectRefused(under, under.webhooks.signed(body), what);
    },
  },
  {
    title: 'is refused or storable, whatever value any of its fields has',
    run: async (under, methods) => {
      const { webhook } = await webhookOfCharge(under, methods);
      for (const { where, body } of poisoned(JSON.parse(webhook.body.toString()) as object)) {
        const came = outcomeOf(() => under.provider.readWebhook(under.webhooks.signed(body)));
        if (came !== 'refused') expectStorable(where, came);
      }
    },
  },
];

const STORABLE = /^[^\0\p{Surrogate}]{1,255}$/u;
const END_OF_CALENDAR = Date.UTC(10_000, 0);

function expectStorable(where: string, { id, type, operationId, reference, occurredAt }: ProviderEvent): void {
  for (const text of [id, type, operationId ?? 'none', reference ?? 'none'])
    expect({ where, text }).toEqual({ where, text: expect.stringMatching(STORABLE) });
  const isInCalendar = occurredAt.getTime() >= 0 && occurredAt.getTime() < END_OF_CALENDAR;
  expect({ where, occurredAt, isInCalendar }).toEqual({ where, occurredAt, isInCalendar: true });
}

type Place = readonly string[];

function* placesOf(value: unknown, above: Place = []): Generator<Place> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, below] of Object.entries(value)) {
    yield [...above, key];
    yield* placesOf(below, [...above, key]);
  }
}

/** The event with one value at a time replaced or removed. */
function* poisoned(event: object): Generator<{ where: string; body: Buffer }> {
  for (const place of placesOf(event))
    for (const poison of [undefined, ...POISON]) {
      const copy = structuredClone(event);
      const within = place.slice(0, -1).reduce((at, key) => (at as Record<string, object>)[key] ?? {}, copy);
      Object.assign(within, { [place.at(-1) ?? '']: poison });
      yield {
        where: `${place.join('.')}: ${JSON.stringify(poison)?.slice(0, 30)}`,
        body: Buffer.from(JSON.stringify(copy)),
      };
    }
}
