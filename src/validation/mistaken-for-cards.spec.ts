import { readFile } from 'node:fs/promises';
import { hasCardNumber } from './card-numbers.js';

/** Samples per shape. `CARD_SAMPLES=100000` reproduces the table of docs/card-data.md. */
const DOCUMENTED = 100_000;
const SAMPLES = Number(process.env.CARD_SAMPLES ?? 2000);

/** Equal numbers on each run (mulberry32). */
let state = 20_261_125;
function random(below: number): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
}

const HEX = '0123456789abcdef';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
function of(alphabet: string, length: number): string {
  let text = '';
  while (text.length < length) text += alphabet.charAt(random(alphabet.length));
  return text;
}
const digits = (length: number) => of('0123456789', length);
const inFours = (text: string) => text.match(/.{1,4}/g)?.join(' ') ?? '';
const between = (least: number, most: number) =>
  String(least + random(most - least + 1)).padStart(String(most).length, '0');

const uuid = () => `${of(HEX, 8)}-${of(HEX, 4)}-4${of(HEX, 3)}-${of('89ab', 1)}${of(HEX, 3)}-${of(HEX, 12)}`;
const milliseconds = () => 1_700_000_000_000 + random(2 ** 31) * 50;
const day = () => `20${between(24, 27)}${between(1, 12)}${between(1, 28)}`;

/** GS1 and USPS: from the right, digits have the weights 3 and 1 in turn. */
function withCheckDigit(body: string): string {
  const sum = Array.from(body)
    .reverse()
    .reduce((total, digit, at) => total + Number(digit) * (at % 2 ? 1 : 3), 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}

const IBANS = [
  ['AT', 20],
  ['BE', 16],
  ['CH', 21],
  ['DE', 22],
  ['DK', 18],
  ['ES', 24],
  ['FI', 18],
  ['LT', 20],
] as const;

function iban(): string {
  const [country, length] = IBANS[random(IBANS.length)] ?? IBANS[0];
  const account = digits(length - 4);
  const letters = country.replace(/[A-Z]/g, (letter) => String(Number.parseInt(letter, 36)));
  const check = 98 - Number(BigInt(`${account}${letters}00`) % 97n);
  return `${country}${String(check).padStart(2, '0')}${account}`;
}

const usps = () => withCheckDigit(`9${of('234', 1)}0${random(10)}${digits(17)}`);

const SHAPES: Record<string, () => string> = {
  '`order_` and a UUID': () => `order_${uuid()}`,
  '`order_` and a UUID without dashes': () => `order_${uuid().replaceAll('-', '')}`,
  'nanoid, 21 characters': () => of(`${HEX}ghijklmnopqrstuvwxyz${UPPER}_-`, 21),
  'ULID, 26 characters': () => `01${of('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 24)}`,
  'ObjectId, 24 hexadecimal characters': () => Math.floor(milliseconds() / 1000).toString(16) + of(HEX, 16),
  'W3C trace context': () => `00-${of(HEX, 32)}-${of(HEX, 16)}-01`,
  'time in milliseconds, microseconds or nanoseconds': () => `${milliseconds()}${digits(3 * random(3))}`,
  'snowflake, 19 digits': () => `1${digits(18)}`,
  'date and sequence, `20261125-000123-4567`': () => `${day()}-${digits(6)}-${digits(4)}`,
  'date, time and sequence, `ORD20261125183012123456`': () =>
    `ORD${day()}${between(0, 23)}${between(0, 59)}${digits(8)}`,
  '`ORD-` and 10 digits': () => `ORD-${digits(10)}`,
  '`ORD-` and 16 digits': () => `ORD-${digits(16)}`,
  '`ORD-2026-` and three times 4 digits': () => `ORD-2026-${digits(4)}-${digits(4)}-${digits(4)}`,
  'Amazon, `302-1234567-1234567`': () => `${of('12347', 1)}0${digits(1)}-${digits(7)}-${digits(7)}`,
  'phone number, a plus and 8 to 15 digits': () => `+${between(1, 9)}${digits(7 + random(8))}`,
  'phone number of 13 digits without a plus': () => `${between(1, 9)}${digits(12)}`,
  'IBAN of AT, BE, CH, DE, DK, ES, FI or LT': iban,
  'IBAN, as it is printed': () => inFours(iban()),
  'UPS, `1Z` and 16 more': () => `1Z${of(`0123456789${UPPER}`, 6)}${digits(10)}`,
  'DHL Express, 10 digits; DHL Paket, `JJD` and 18': () => (random(2) ? digits(10) : `JJD0${digits(17)}`),
  'USPS, 22 digits': usps,
  'USPS, as it is printed': () => inFours(usps()),
  'FedEx, 12 or 15 digits': () => digits(random(2) ? 12 : 15),
  'EAN-13': () => withCheckDigit(digits(12)),
  'SSCC, 18 digits': () => withCheckDigit(digits(17)),
};

/** The rows of the table: shape, and number of false positives. */
async function documented(): Promise<Map<string, number>> {
  const page = await readFile('docs/card-data.md', 'utf8');
  const rows = page.matchAll(/^\| (.+?) +\| +([\d,]+) \|$/gm);
  return new Map([...rows].map(([, what = '', count = '']) => [what, Number(count.replaceAll(',', ''))]));
}

test('the page on card data has every shape', async () => {
  expect([...(await documented()).keys()]).toEqual(Object.keys(SHAPES));
});

test.each(Object.entries(SHAPES))(
  '%s is mistaken for a card number no more often than the page on card data says',
  async (what, make) => {
    let mistaken = 0;
    for (let sample = 0; sample < SAMPLES; sample += 1) if (hasCardNumber(make())) mistaken += 1;
    const expected = ((await documented()).get(what) ?? NaN) * (SAMPLES / DOCUMENTED);
    if (SAMPLES === DOCUMENTED) expect(mistaken).toBe(expected);
    // Five standard deviations: exceeded by chance once in three million runs.
    else expect(mistaken).toBeLessThanOrEqual(expected + 1 + 5 * Math.sqrt(expected));
  },
  60_000,
);
