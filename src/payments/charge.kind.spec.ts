import { PaymentCharge } from './charge.kind.js';
import {
  type ChargeAnswer,
  type ChargeLookUp,
  type ChargeRequest,
  DECLINES,
  type DeclineCode,
  PaymentProvider,
} from './payment-provider.js';

const operationId = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';
const input = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa', description: 'Tea', orderId: 'A-1001' };

/** A provider that answers as the test says. */
class Answering extends PaymentProvider {
  readonly name = 'answering';
  readonly asked: (ChargeRequest | string)[] = [];

  constructor(private readonly answer: ChargeAnswer | ChargeLookUp) {
    super();
  }

  override async charge(request: ChargeRequest): Promise<ChargeAnswer> {
    this.asked.push(request);
    return this.answer as ChargeAnswer;
  }

  override async lookUpCharge(idempotencyKey: string): Promise<ChargeLookUp> {
    this.asked.push(idempotencyKey);
    return this.answer;
  }
}

const tryOf = (number: number) => ({
  operationId,
  attempt: number,
  input,
  signal: new AbortController().signal,
  progress: () => Promise.resolve(),
});

async function bothWays(answer: ChargeAnswer) {
  const kind = new PaymentCharge(new Answering(answer));
  return Promise.all([kind.execute(tryOf(1)), kind.lookUp(tryOf(1))]);
}

test('every try reaches the provider under the operation’s id', async () => {
  const provider = new Answering({ type: 'charged', reference: 'r' });
  const kind = new PaymentCharge(provider);
  await kind.execute(tryOf(1));
  await kind.execute(tryOf(7));
  await kind.lookUp(tryOf(8));
  expect(provider.asked).toEqual([
    expect.objectContaining({ ...input, idempotencyKey: operationId }),
    expect.objectContaining({ ...input, idempotencyKey: operationId }),
    operationId,
  ]);
});

test('a charge is a success, with its receipt', async () => {
  const success = { type: 'succeeded', result: { provider: 'answering', reference: 'r', amount: 1999, currency: 'EUR' } };
  expect(await bothWays({ type: 'charged', reference: 'r' })).toEqual([success, success]);
});

test.each(Object.keys(DECLINES) as DeclineCode[])('a decline is an ending and no error: %s', async (code) => {
  const failure = { type: 'failed', failure: { code, ...DECLINES[code] } };
  expect(await bothWays({ type: 'declined', code })).toEqual([failure, failure]);
});

test('an answer that is unknown stays unknown', async () => {
  const unknown = { type: 'unknown', reason: 'answer_lost' };
  expect(await bothWays({ type: 'unknown', reason: 'answer_lost' })).toEqual([unknown, unknown]);
});

test('what never arrived may be sent again', async () => {
  expect(await new PaymentCharge(new Answering({ type: 'never_arrived' })).lookUp(tryOf(2))).toEqual({ type: 'never_arrived' });
});
