import { understood, understoodState } from './answer-check.js';
import type { ChargeState, ProviderLookUp } from './payment-provider.js';

const CHARGE = { amount: 1999, currency: 'EUR', capture: true };
const AUTHORIZATION = { ...CHARGE, capture: false };
const done = { type: 'succeeded', reference: 'r', amount: 1999, currency: 'EUR', captured: true } as const;
const redirect = (url: unknown) => ({ type: 'action_required', reference: 'r', nextAction: { type: 'redirect', url } });

test.each<[string, unknown, object]>([
  ['a success as it was asked for', done, CHARGE],
  ['one without a currency, as of a refund', { type: 'succeeded', reference: 'r', amount: 1999 }, CHARGE],
  ['an authorization', { ...done, captured: false }, AUTHORIZATION],
  ['an authorization that was captured since', done, AUTHORIZATION],
  ['an authorization of which a part was captured since', { ...done, amount: 500 }, AUTHORIZATION],
  ['a decline without an object', { type: 'declined', code: 'card_declined', providerCode: null }, CHARGE],
  ['a page', redirect('https://bank.example/3ds?x=1'), CHARGE],
  [
    'a confirmation',
    { type: 'action_required', reference: 'r', nextAction: { type: 'confirm', clientData: {} } },
    CHARGE,
  ],
  ['a pending call', { type: 'pending', reference: 'r' }, CHARGE],
  ['an unknown one', { type: 'unknown', reason: 'answer_lost' }, CHARGE],
  ['one that never arrived', { type: 'never_arrived' }, CHARGE],
])('%s is passed on as it is', (_, answer, asked) => {
  expect(understood(answer as ProviderLookUp, asked as typeof CHARGE)).toBe(answer);
});

const AMOUNTS = [NaN, Infinity, -1, 19.99, '1999', null, undefined, {}, 2 ** 53];
const REFERENCES = [undefined, null, '', 5, 'a\u0000b', 'a\nb', '\ud800', 'x'.repeat(256)];
const URLS = [undefined, '', 'javascript:alert(1)', '/relative', 5];

test.each<[unknown, string]>([
  ...AMOUNTS.map((amount) => [{ ...done, amount }, 'amount'] as [unknown, string]),
  ...REFERENCES.map((reference) => [{ ...done, reference }, 'reference'] as [unknown, string]),
  ...REFERENCES.map((reference) => [{ type: 'pending', reference }, 'reference'] as [unknown, string]),
  ...URLS.map((url) => [redirect(url), 'nextAction.url'] as [unknown, string]),
  [{ ...done, currency: 978 }, 'currency'],
  [{ ...done, captured: 'yes' }, 'captured'],
  [{ type: 'declined', reference: '', code: 'card_declined', providerCode: null }, 'reference'],
  [{ type: 'action_required', reference: 'r' }, 'nextAction'],
  [
    { type: 'action_required', reference: 'r', nextAction: { type: 'confirm', clientData: { clientSecret: 5 } } },
    'nextAction.clientData.clientSecret',
  ],
])('a malformed answer is unknown, and an operator is told which field: %j', (answer, field) => {
  expect(understood(answer as ProviderLookUp, CHARGE)).toEqual({
    type: 'unknown',
    reason: 'answer_malformed',
    unexplained: expect.stringContaining(`The provider’s answer is malformed: ${field}: `),
  });
});

test.each<[object, object, string]>([
  [{ amount: 1 }, CHARGE, '1 EUR, and 1999 EUR'],
  [{ amount: 0 }, CHARGE, '0 EUR, and 1999 EUR'],
  [{ amount: 2000 }, CHARGE, '2000 EUR, and 1999 EUR'],
  [{ currency: 'USD' }, CHARGE, '1999 USD, and 1999 EUR'],
  [{ currency: 'eur' }, CHARGE, '1999 eur, and 1999 EUR'],
  [{ captured: false }, CHARGE, '1999 EUR, not captured, and 1999 EUR'],
  [{ amount: 2000 }, AUTHORIZATION, '2000 EUR, and 1999 EUR'],
  [{ amount: 0 }, AUTHORIZATION, '0 EUR, and 1999 EUR'],
  [{ amount: 500, captured: false }, AUTHORIZATION, '500 EUR, and 1999 EUR'],
  [{ currency: 'USD' }, AUTHORIZATION, '1999 USD, and 1999 EUR'],
])('a success of other money is unknown, and an operator is told what: %j of %j', (more, asked, said) => {
  expect(understood({ ...done, ...more }, asked as typeof CHARGE)).toEqual({
    type: 'unknown',
    reason: 'money_differs',
    unexplained: `The provider says ${said} was asked for.`,
  });
});

test.each<object>([
  done,
  { type: 'pending', reference: 'r' },
  { type: 'declined', reference: 'r', code: 'card_declined', providerCode: null },
])('an answer about something else than the provider has named before is unknown: %j', (answer) => {
  expect(understood(answer as ProviderLookUp, { ...CHARGE, reference: 'r' })).toBe(answer);
  expect(understood(answer as ProviderLookUp, { ...CHARGE, reference: 'q' })).toEqual({
    type: 'unknown',
    reason: 'reference_differs',
    unexplained: 'The provider answers of r, and has called it q.',
  });
});

const STATE: ChargeState = {
  type: 'found',
  reference: 'r',
  operationId: null,
  currency: 'EUR',
  authorized: 1999,
  captured: 1999,
  movements: [{ type: 'refund', reference: 're', amount: 500, idempotencyKey: null, stands: true }],
};

test('a state of a charge is passed on if its fields are as promised', () => {
  expect(understoodState(STATE, 'r')).toBe(STATE);
  expect(understoodState({ type: 'not_found' }, 'r')).toEqual({ type: 'not_found' });
});

test.each<[string, object]>([
  ['captured', { captured: NaN }],
  ['authorized', { authorized: 19.99 }],
  ['currency', { currency: undefined }],
  ['movements.0.amount', { movements: [{ ...STATE.movements[0], amount: NaN }] }],
  ['movements.0.reference', { movements: [{ ...STATE.movements[0], reference: undefined }] }],
])('a state of a charge is not understood if a field is malformed: %s', (field, more) => {
  expect(understoodState({ ...STATE, ...more }, 'r')).toEqual({
    type: 'not_understood',
    reason: expect.stringMatching(new RegExp(`^${field}: `)),
  });
});

test('a state of another charge is not understood', () => {
  expect(understoodState(STATE, 'q')).toEqual({ type: 'not_understood', reason: 'it is of r' });
});
