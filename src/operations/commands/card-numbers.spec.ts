import fc from 'fast-check';
import { hasCardNumber } from './card-numbers.js';

/** Of the networks' own test numbers (docs.stripe.com/testing, developer.mastercard.com, docs.adyen.com). */
const NUMBERS = {
  Visa: '4242424242424242',
  Mastercard: '5555555555554444',
  'Mastercard since 2017': '2223003122003222',
  'American Express': '378282246310005',
  Discover: '6011111111111117',
  'Diners Club': '36227206271667',
  JCB: '3566002020360505',
  UnionPay: '6200000000000005',
  'UnionPay with 19 digits': '6205500000000000004',
  Maestro: '6759649826438453',
};

const grouped = (digits: string, by: number[], separator: string) => {
  let at = 0;
  const groups = by.map((length) => digits.slice(at, (at += length)));
  return [...groups, digits.slice(at)].filter(Boolean).join(separator);
};

describe('a card number is found', () => {
  test.each(Object.entries(NUMBERS))('of %s, written in one or in groups', (_, digits) => {
    expect(hasCardNumber(digits)).toBe(true);
    for (const separator of [' ', '-']) {
      expect(hasCardNumber(grouped(digits, [4, 4, 4, 4], separator))).toBe(true);
      expect(hasCardNumber(grouped(digits, [4, 6], separator))).toBe(true);
      expect(hasCardNumber(grouped(digits, [6], separator))).toBe(true);
    }
  });

  test.each([
    'card:4242424242424242.',
    'pm_4242424242424242',
    'Visa4242424242424242',
    '4242 4242 4242 4242 12 27 123',
    '4242424242424242 0000',
    '17 4242-4242 4242-4242',
    'Order 2024 paid with 4242 4242 4242 4242, thanks',
    '{"number":"4242 4242 4242 4242"}',
    '1234 5678\n4242424242424242',
  ])('in %j', (text) => {
    expect(hasCardNumber(text)).toBe(true);
  });

  test('whatever stands around it, and wherever it is split', () => {
    const around = fc.string({ maxLength: 20 }).filter((text) => !/[\d+]/.test(text) && !/[a-f]/i.test(text));
    const splits = fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 6 });
    const separator = fc.constantFrom(' ', '-');
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(NUMBERS)), splits, separator, around, around, (digits, by, between, before, after) =>
        hasCardNumber(`${before}${grouped(digits, by, between)}${after}`),
      ),
    );
  });
});

describe('a card number is not seen', () => {
  test.each([
    ['where the check digit is wrong', '4242424242424241'],
    ['where no network begins like that', '1234567812345670'],
    ['in fewer digits', '42424242424242'],
    ['in more digits', '42424242424242424242'],
    ['in an amount', '99999999'],
    ['in a price list', '19.99 29.99 39.99 49.99 59.99'],
    ['in a time', '1764000000000'],
    ['in an ISO time', '2026-11-23T16:55:26.123456Z'],
    ['in an order id', 'ORD-2026-0001-0002-0003'],
    ['in a phone number', '+6391 7123 4567 0123'],
    ['where dots part it', '4242.4242.4242.4242'],
    ['in a token', 'pm_card_visa_chargeDeclinedInsufficientFunds'],
    ['in the decimals of a place on earth', '52.36227206271667, 13.40496357765837'],
    ['in a number with a power', '6.30496357765837e+207'],
    ['in a trace', '00-42424242424242424242424242424242-a424242424242424-01'],
  ])('%s', (_, text) => {
    expect(hasCardNumber(text)).toBe(false);
  });

  test('in any UUID or hash, though some have the digits of one', () => {
    fc.assert(fc.property(fc.uuid(), (uuid) => !hasCardNumber(uuid) && !hasCardNumber(`of ${uuid.toUpperCase()}.`)));
    expect(hasCardNumber('62000000-0000-4000-8000-000000000005')).toBe(false);
    expect(hasCardNumber('a4242424242424242b4242424242424242c0ffee')).toBe(false);
  });
});

test('a text made to be slow is not', () => {
  const began = performance.now();
  for (const text of ['4 0 '.repeat(16_000), '1-'.repeat(32_000), '4'.repeat(64_000), '4111 1111 '.repeat(6400), 'ab1'.repeat(21_000)]) {
    hasCardNumber(text);
  }
  expect(performance.now() - began).toBeLessThan(3000);
});
