import { Logger } from '@nestjs/common';
import { ONLY_TENANT } from '../../access/caller.js';
import type { Clock } from '../../clock/clock.js';
import { type Outcome, RetryableError, TerminalError } from '../../operations/kinds/outcome.js';
import { PaymentCharge } from './charge.kind.js';

beforeAll(() => Logger.overrideLogger(false));
import { DECLINES, type DeclineCode } from '../providers/declines.js';
import type {
  CancelRequest,
  ChargeRequest,
  PaymentProvider,
  ProviderAnswer,
  ProviderInquiry,
  ProviderLookUp,
} from '../providers/payment-provider.js';
import { PaymentProviders } from '../providers/payment-provider-register.js';
import type { Finding, Opening, Payment } from '../ledger/ledger-entries.js';
import type { PaymentLedger } from '../ledger/payment-ledger.js';
import type { PaymentReconciliation } from '../ledger/payment-reconciliation.js';
import { startOf } from './operation-start-time.js';

const operationId = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';
const input = {
  amount: 1999,
  currency: 'EUR',
  paymentMethod: 'pm_card_visa',
  capture: true,
  offSession: false,
  description: 'Tea',
  orderId: 'A-1001',
};
const charged = { type: 'succeeded', reference: 'r', amount: 1999, captured: true } as const;
const nextAction = { type: 'redirect', url: 'https://bank.example/' } as const;

/** A provider that answers as the test says and records its calls. */
function answering(answer: ProviderAnswer | ProviderLookUp, name = 'answering') {
  const asked: (ChargeRequest | ProviderInquiry | CancelRequest)[] = [];
  const answers = async (given: ChargeRequest | ProviderInquiry | CancelRequest) => {
    asked.push(given);
    return answer;
  };
  return { asked, provider: { name, charge: answers, lookUp: answers, cancel: answers } as unknown as PaymentProvider };
}

/** The same, with a key of this account. */
const answeringFrom = (account: string | null, answer: ProviderAnswer, identify = async () => account) => {
  const { asked, provider } = answering(answer);
  return { asked, provider: Object.assign(provider, { account, identify }) };
};

/** An in-memory payment ledger. */
function booksWith(known: Partial<Payment> = {}) {
  const open = async ({ chargeOperationId, provider, currency, sentAt }: Opening) =>
    ({
      chargeOperationId,
      provider,
      currency,
      sentAt,
      reference: null,
      authorized: 0,
      captured: 0,
      refunded: 0,
      ...known,
    }) as Payment;
  const recorded = (finding: Finding) => ({ row: finding });
  const opened = (opening: Opening) => ({ row: opening });
  return { open, opened, record: async () => undefined, recorded } as unknown as PaymentLedger;
}

const chargeKind = (providers: PaymentProviders, ledger: PaymentLedger) =>
  new PaymentCharge(
    providers,
    ledger,
    { reconcile: () => Promise.reject(new Error('Not asked for.')) } as unknown as PaymentReconciliation,
    { now: () => new Date() } as Clock,
  );

const tryOf = (number: number) => ({
  operationId,
  tenant: ONLY_TENANT,
  attempt: number,
  fence: number,
  input,
  signal: new AbortController().signal,
  progress: () => Promise.resolve(),
});

async function bothWays(answer: ProviderAnswer, more: Partial<typeof input> = {}) {
  const kind = chargeKind(new PaymentProviders(answering(answer).provider), booksWith());
  const outcomes: Omit<Outcome, 'storedWith'>[] = [];
  const found: Finding[] = [];
  const attempt = { ...tryOf(1), input: { ...input, ...more } };
  for (const outcome of [await kind.execute(attempt), await kind.lookUp(attempt)]) {
    const { storedWith, ...rest } = outcome as Outcome;
    outcomes.push(rest);
    if (storedWith) found.push(storedWith.row as Finding);
  }
  return { outcomes, found };
}

test('every attempt reaches the provider under the operation’s id', async () => {
  const { provider, asked } = answering(charged);
  const kind = chargeKind(new PaymentProviders(provider), booksWith());
  await kind.execute(tryOf(1));
  await kind.execute(tryOf(7));
  await kind.lookUp(tryOf(8));
  expect(asked).toEqual([
    { ...input, operationId, idempotencyKey: operationId, startedAt: startOf(operationId) },
    { ...input, operationId, idempotencyKey: operationId, startedAt: startOf(operationId) },
    { call: 'charge', idempotencyKey: operationId, charge: null, sentAt: startOf(operationId) },
  ]);
});

test('a charge that was opened with its claim is sent without another look at the ledger', async () => {
  const { provider, asked } = answering(charged);
  const sentAt = new Date('2026-11-26T12:00:00Z');
  const kind = chargeKind(new PaymentProviders(provider), booksWith());
  const companion = await kind.opening({ operationId, tenant: ONLY_TENANT, input }, sentAt);
  expect(companion?.row).toEqual({ chargeOperationId: operationId, provider: 'answering', currency: 'EUR', sentAt });
  const unread = { recorded: booksWith().recorded } as PaymentLedger;
  const claimed = { ...tryOf(1), opening: companion?.row };
  const outcome = await chargeKind(new PaymentProviders(provider), unread).execute(claimed);
  expect(outcome).toMatchObject({ type: 'succeeded', storedWith: { row: { provider: 'answering', sentAt } } });
  expect(asked).toHaveLength(1);
});

test('a charge of a tenant without an account is not opened', async () => {
  const kind = chargeKind(new PaymentProviders(answering(charged).provider), booksWith());
  const attempt = { operationId, tenant: '01997b1c-8e58-7cc3-9b4e-000000000001', input };
  expect(await kind.opening(attempt, new Date())).toBeUndefined();
});

test('a charge succeeds with its receipt, and is recorded in the ledger', async () => {
  const success = {
    type: 'succeeded',
    result: { provider: 'answering', reference: 'r', amount: 1999, currency: 'EUR', captured: true },
  };
  const { outcomes, found } = await bothWays(charged);
  expect(outcomes).toEqual([success, success]);
  expect(found[0]).toMatchObject({
    chargeOperationId: operationId,
    provider: 'answering',
    currency: 'EUR',
    reference: 'r',
    authorized: 1999,
    captured: 1999,
  });
});

test('an authorization has captured nothing', async () => {
  const { outcomes, found } = await bothWays({ ...charged, captured: false }, { capture: false });
  expect(outcomes[0]).toMatchObject({ type: 'succeeded', result: { captured: false } });
  expect(found[0]).toMatchObject({ authorized: 1999, captured: 0 });
});

test.each(Object.keys(DECLINES) as DeclineCode[])(
  'a decline is an outcome, not an error, with the provider’s own code: %s',
  async (code) => {
    const failure = { type: 'failed', failure: { code, ...DECLINES[code] }, detail: { providerCode: 'their_word' } };
    const { outcomes, found } = await bothWays({ type: 'declined', code, providerCode: 'their_word' });
    expect([outcomes, found]).toEqual([[failure, failure], []]);
  },
);

test.each<[ProviderAnswer, unknown, Partial<Finding>[]]>([
  [
    { type: 'action_required', reference: 'r', nextAction },
    { type: 'action_required', nextAction },
    [{ reference: 'r', authorized: 0 }],
  ],
  [
    { type: 'pending', reference: 'r' },
    { type: 'pending', reason: 'pending_at_provider' },
    [{ reference: 'r', authorized: 0 }],
  ],
  [{ type: 'unknown', reason: 'answer_lost' }, { type: 'unknown', reason: 'answer_lost' }, []],
])('an answer that ends nothing is passed on as it is: %j', async (answer, outcome, kept) => {
  const { outcomes, found } = await bothWays(answer);
  expect(outcomes).toEqual([outcome, outcome]);
  expect(found.slice(0, kept.length)).toMatchObject(kept);
});

test('a call that never arrived may be sent again', async () => {
  const kind = chargeKind(new PaymentProviders(answering({ type: 'never_arrived' }).provider), booksWith());
  expect(await kind.lookUp(tryOf(2))).toEqual({ type: 'never_arrived' });
});

test('a charge begun at one provider ends there, whatever provider is chosen since', async () => {
  const [old, chosen] = [answering(charged, 'old'), answering(charged, 'chosen')];
  const kind = chargeKind(new PaymentProviders(chosen.provider, [old.provider]), booksWith({ provider: 'old' }));
  expect(await kind.execute(tryOf(2))).toMatchObject({ result: { provider: 'old' } });
  await kind.lookUp(tryOf(3));
  expect([old.asked.length, chosen.asked.length]).toEqual([2, 0]);
});

test('a charge that has taken effect by the ledger is not sent again', async () => {
  const { provider, asked } = answering({ type: 'declined', code: 'canceled_at_provider', providerCode: null });
  const kind = chargeKind(new PaymentProviders(provider), booksWith({ reference: 'r', authorized: 1999 }));
  expect(await kind.lookUp(tryOf(1))).toMatchObject({ type: 'succeeded', result: { reference: 'r', amount: 1999 } });
  expect(asked).toEqual([]);
});

describe('a charge that was sent to one account at the provider', () => {
  const sent = booksWith({ account: 'one' });
  const kindWith = ({ provider }: { provider: PaymentProvider }) => chargeKind(new PaymentProviders(provider), sent);

  test('is neither sent to, nor looked up nor canceled at another one', async () => {
    const another = answeringFrom('another', { type: 'declined', code: 'canceled_at_provider', providerCode: null });
    const kind = kindWith(another);
    await expect(kind.execute(tryOf(2))).rejects.toThrow(TerminalError);
    const unknown = {
      type: 'unknown',
      reason: 'account_differs',
      unexplained: expect.stringContaining('another account'),
      cause: new Error('It was sent to one, and the key of answering is of another.'),
    };
    expect(await kind.lookUp(tryOf(2))).toEqual(unknown);
    expect(await kind.cancel(tryOf(2))).toEqual(unknown);
    expect(another.asked).toEqual([]);
  });

  test('is sent again with another key of it', async () => {
    expect(await kindWith(answeringFrom('one', charged)).execute(tryOf(2))).toMatchObject({ type: 'succeeded' });
  });

  test('is sent again if the provider does not tell this key whose it is', async () => {
    expect(await kindWith(answeringFrom(null, charged)).execute(tryOf(2))).toMatchObject({ type: 'succeeded' });
  });

  test('waits if the provider cannot tell now', async () => {
    const away = answeringFrom(null, charged, () =>
      Promise.reject(new RetryableError('provider_unavailable', 'Away.')),
    );
    await expect(kindWith(away).execute(tryOf(2))).rejects.toThrow(RetryableError);
    await expect(kindWith(away).lookUp(tryOf(2))).rejects.toThrow(RetryableError);
    expect(away.asked).toEqual([]);
  });

  test('is opened with the account that the provider has told', async () => {
    const opening = await kindWith(answeringFrom('one', charged)).opening(tryOf(1), new Date());
    expect(opening?.row).toMatchObject({ account: 'one' });
  });
});

describe('canceling a charge that waits for the customer', () => {
  const cancellationOf = (answer: ProviderAnswer) =>
    chargeKind(new PaymentProviders(answering(answer).provider), booksWith({ reference: 'r' })).cancel(tryOf(2));

  test('goes to the provider under a key of its own', async () => {
    const { provider, asked } = answering({ type: 'succeeded', reference: 'r', amount: 0 });
    const kind = chargeKind(new PaymentProviders(provider), booksWith({ reference: 'r' }));
    expect(await kind.cancel(tryOf(2))).toEqual({ type: 'canceled' });
    expect(asked).toEqual([
      {
        operationId,
        idempotencyKey: `${operationId}:cancel`,
        startedAt: startOf(operationId),
        chargeKey: operationId,
        charge: 'r',
        sentAt: expect.any(Date),
      },
    ]);
  });

  test('is unknown if the answer is', async () => {
    expect(await cancellationOf({ type: 'unknown', reason: 'answer_lost' })).toEqual({
      type: 'unknown',
      reason: 'answer_lost',
    });
  });

  test('that comes too late looks the charge up', async () => {
    const answers: Record<string, ProviderAnswer> = {
      cancel: { type: 'declined', code: 'too_late', providerCode: null },
      lookUp: charged,
    };
    const provider = {
      name: 'late',
      cancel: async () => answers.cancel,
      lookUp: async () => answers.lookUp,
    } as unknown as PaymentProvider;
    const kind = chargeKind(new PaymentProviders(provider), booksWith({ reference: 'r' }));
    expect(await kind.cancel(tryOf(2))).toMatchObject({ type: 'succeeded' });
  });
});

describe('a decline of a charge that could still be paid', () => {
  const refused = {
    type: 'declined',
    code: 'authentication_failed',
    providerCode: 'their_word',
    reference: 'r',
    payable: true,
  } as const;

  function outcomeWith(
    cancel: () => Promise<ProviderAnswer>,
    lookUp: () => Promise<ProviderLookUp> = () => Promise.reject(new Error()),
  ) {
    const provider = { name: 'p', charge: async () => refused, cancel, lookUp } as unknown as PaymentProvider;
    return chargeKind(new PaymentProviders(provider), booksWith()).execute(tryOf(1));
  }

  test('is a failure once the charge is canceled at the provider', async () => {
    const outcome = await outcomeWith(async () => ({ type: 'succeeded', reference: 'r', amount: 0 }));
    expect(outcome).toMatchObject({ type: 'failed', failure: { code: 'authentication_failed' } });
  });

  test('is a success if the customer was faster', async () => {
    const outcome = await outcomeWith(
      async () => ({ type: 'declined', code: 'too_late', providerCode: null }),
      async () => charged,
    );
    expect(outcome).toMatchObject({ type: 'succeeded' });
  });

  test.each<[string, () => Promise<ProviderAnswer>]>([
    ['is lost', async () => ({ type: 'unknown', reason: 'answer_lost' })],
    ['cannot be had', () => Promise.reject(new RetryableError('provider_unavailable', 'Away.'))],
  ])('is unknown if the answer to the cancel %s', async (_, cancel) => {
    expect(await outcomeWith(cancel)).toMatchObject({ type: 'unknown' });
  });
});
