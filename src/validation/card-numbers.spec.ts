import fc from 'fast-check';
import { hasCardNumber } from './card-numbers.js';

/** The networks' own test numbers (docs.stripe.com/testing, developer.mastercard.com, docs.adyen.com). */
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

const grouped = (digits: string, by: number[], separator: string) =>
  groupedCharacters(Array.from(digits), by, separator);

function groupedCharacters(digits: string[], by: number[], separator: string): string {
  let at = 0;
  const groups = by.map((length) => digits.slice(at, (at += length)).join(''));
  return [...groups, digits.slice(at).join('')].filter(Boolean).join(separator);
}

describe('a card number is detected', () => {
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

  const inFours = (separator: string) => grouped(NUMBERS.Visa, [4, 4, 4, 4], separator);
  const inDigits = (zero: number) => NUMBERS.Visa.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));

  test.each([
    ['two spaces', inFours('  ')],
    ['three spaces', inFours('   ')],
    ['no-break spaces', inFours('\u00a0')],
    ['narrow no-break spaces', inFours('\u202f')],
    ['thin spaces', inFours('\u2009')],
    ['hair spaces', inFours('\u200a')],
    ['ideographic spaces', inFours('\u3000')],
    ['tabs', inFours('\t')],
    ['lines', inFours('\n')],
    ['lines of Windows', inFours('\r\n')],
    ['dots', inFours('.')],
    ['dots and spaces', inFours('. ')],
    ['slashes', inFours('/')],
    ['slashes within spaces', inFours(' / ')],
    ['backslashes', inFours('\\')],
    ['underscores', inFours('_')],
    ['bars', inFours('|')],
    ['middle dots', inFours('·')],
    ['bullets', inFours('•')],
    ['dashes within spaces', inFours(' - ')],
    ['en dashes', inFours('–')],
    ['em dashes', inFours('—')],
    ['no-break hyphens', inFours('\u2011')],
    ['minus signs', inFours('−')],
    ['soft hyphens', inFours('\u00ad')],
    ['zero-width spaces', inFours('\u200b')],
    ['a zero-width space after each digit', Array.from(NUMBERS.Visa).join('\u200b')],
    ['word joiners', inFours('\u2060')],
    ['byte order marks', inFours('\ufeff')],
    ['spaces and dashes mixed', '4242 4242-4242  4242'],
    ['a space after each digit', Array.from(NUMBERS.Visa).join(' ')],
    ['a dot after each digit', Array.from(NUMBERS.Visa).join('.')],
    ['pairs', grouped(NUMBERS.Visa, [2, 2, 2, 2, 2, 2, 2, 2], ' ')],
    ['full-width digits', inDigits(0xff10)],
    ['Arabic-Indic digits', inDigits(0x660)],
    ['Persian digits', inDigits(0x6f0)],
    ['Devanagari digits', inDigits(0x966)],
    ['bold digits', inDigits(0x1d7ce)],
    ['keycaps', NUMBERS.Visa.replace(/\d/g, '$&\ufe0f\u20e3')],
    ['superscripts', NUMBERS.Visa.replace(/\d/g, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)] ?? '')],
    ['%20 in an address', `https://shop.example/pay?card=${inFours('%20')}&cvc=123`],
    ['%2520 in an address within an address', inFours('%2520')],
    ['%C2%A0 in an address', inFours('%C2%A0')],
    ['plus signs in an address', inFours('+')],
    ['encoded dashes', inFours('%2D')],
    ['encoded digits', NUMBERS.Visa.replace(/\d/g, '%3$&')],
    ['track 1', `%B${NUMBERS.Visa}^DOE/JOHN^2712101000000000`],
    ['track 1 without its sentinel', `B${NUMBERS.Visa}^DOE/JOHN^2712101`],
    ['track 1 of American Express', '%B3782 822463 10005^DOE/JOHN^2712'],
    ['track 2', `;${NUMBERS.Visa}=27121010000000000000?`],
    ['track 2 without its sentinels', `${NUMBERS.Visa}=2712101`],
    ['track 2 in hexadecimal', `${NUMBERS.Visa}D2712101`],
    ['a country before it, but not the check digits of an account there', `BE${NUMBERS['Diners Club']}`],
    ['a word before it', `cc${NUMBERS.Visa}`],
    ['a plus before it', `+${NUMBERS.Visa}`],
    ['its expiry date behind it', `${inFours('.')} 12/27`],
    ['a UUID beside it', `order_af613155-2987-4990-bc6a-e9aa2ab64487 ${NUMBERS.Visa}`],
    ['a phone number beside it', `+49 30 901820 ${inFours('.')}`],
  ])('with %s', (_, text) => {
    expect(hasCardNumber(text)).toBe(true);
    expect(hasCardNumber(`${text}.`)).toBe(true);
    expect(hasCardNumber(`Paid with ${text}`)).toBe(true);
  });

  test('whatever surrounds it, whatever separates its digits, and wherever it is split', () => {
    const around = fc
      .string({ unit: 'grapheme', maxLength: 20 })
      .filter((text) => !/[\p{N}+]/u.test(text.normalize('NFKC')));
    const splits = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 6 });
    const separator = fc.constantFrom(
      ...[
        ' ',
        '  ',
        ' - ',
        '-',
        '.',
        ' . ',
        '/',
        '_',
        '|',
        '\t',
        '\n',
        '\r\n',
        '\u00a0',
        '\u2009',
        '\u200b',
        '–',
        '·',
        '%20',
        '%2520',
        '+',
      ],
    );
    const digitsOf = fc.constantFrom(0x30, 0x660, 0x6f0, 0x966, 0xff10, 0x1d7ce);
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(NUMBERS)),
        splits,
        separator,
        digitsOf,
        around,
        around,
        (digits, by, between, zero, before, after) => {
          const written = digits.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));
          return hasCardNumber(`${before} ${groupedCharacters(Array.from(written), by, between)} ${after}`);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('a card number is not detected', () => {
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
    ['in a phone number', '+62 812 3456 7890 12'],
    ['in a version', '4.242.4242.4242'],
    ['in two lists that meet', '42.42.42.42/42/42/42/42'],
    ['in a token', 'pm_card_visa_chargeDeclinedInsufficientFunds'],
    ['in the decimals of a place on earth', '52.36227206271667, 13.40496357765837'],
    ['in a number with a power', '6.30496357765837e+207'],
    ['in a trace', '00-42424242424242424242424242424242-a424242424242424-01'],
  ])('%s', (_, text) => {
    expect(hasCardNumber(text)).toBe(false);
  });

  test('in any UUID or hash, even if some contain its digits', () => {
    const beside = fc.constantFrom('', ' ', '_', '-', '.', '/', ':', 'order_', 'order', 'id-', 'a');
    const ids = fc.oneof(
      fc.uuid(),
      fc.uuid().map((id) => id.replaceAll('-', '_')),
      fc.uuid().map((id) => id.toUpperCase()),
    );
    fc.assert(
      fc.property(beside, ids, beside, (before, id, after) => !hasCardNumber(`${before}${id}${after}`)),
      { numRuns: 1000 },
    );
    for (const id of [
      '62000000-0000-4000-8000-000000000005',
      'order_af613155-2987-4990-bc6a-e9aa2ab64487',
      'order_62000000-0000-4000-8000-000000000005',
      'a4242424242424242b4242424242424242c0ffee',
      'hash_a4242424242424242b4242424242424242c0ffee',
    ])
      expect([id, hasCardNumber(id)]).toEqual([id, false]);
  });

  test.each([
    ['plain', 'BE68539007547034'],
    ['as it is printed', 'BE68 5390 0754 7034'],
  ])('in an account number %s', (_, iban) => {
    expect(hasCardNumber(iban)).toBe(false);
  });
});

test('a text made to be slow is checked fast', () => {
  const texts = [
    '1 ',
    '4 0 ',
    '1-',
    '4',
    '4111 ',
    '411111 1111111111 ',
    'ab1',
    '%20',
    '%31%20',
    '1Z',
    'BE1 ',
    '１　',
    '1 1.1 1.',
    'ﷺ',
    '\u0300\u0316',
  ]
    .map((part) => part.repeat(64_000 / Buffer.byteLength(part)))
    .concat('\u0300'.repeat(16_000) + '\u0316'.repeat(16_000));
  for (const text of texts) {
    const times = Array.from({ length: 10 }, () => {
      const before = process.cpuUsage();
      hasCardNumber(text);
      return process.cpuUsage(before).user / 1000;
    });
    // CPU time, independent of other processes: some five milliseconds. Scanning back over the whole text would take
    // seconds.
    expect([text.slice(0, 9), Math.min(...times) < 250]).toEqual([text.slice(0, 9), true]);
  }
});
