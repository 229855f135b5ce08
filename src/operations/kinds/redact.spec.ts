import { z } from 'zod';
import { redact } from './redact.js';

const secret = z.string().meta({ writeOnly: true });
const schema = z.strictObject({
  amount: z.int(),
  note: z.string().optional(),
  code: secret,
  later: secret.optional(),
  bank: z.strictObject({ iban: secret, name: z.string() }),
  keys: z.array(secret).default([]),
  cards: z.array(z.strictObject({ token: secret, brand: z.string() })).nullable(),
});

describe('a redacted input', () => {
  test('shows what is not secret, and hides what is, however deep', () => {
    const input = {
      amount: 1999,
      note: 'a present',
      code: 'c-1',
      later: 'c-2',
      bank: { iban: 'DE00', name: 'A Bank' },
      keys: ['k-1', 'k-2'],
      cards: [{ token: 't-1', brand: 'visa' }],
    };
    expect(redact(schema, input)).toEqual({
      amount: 1999,
      note: 'a present',
      code: '••••••',
      later: '••••••',
      bank: { iban: '••••••', name: 'A Bank' },
      keys: ['••••••', '••••••'],
      cards: [{ token: '••••••', brand: 'visa' }],
    });
  });

  test('shows no value of an unknown kind, nor of a field that its kind no longer has', () => {
    expect(redact(undefined, { amount: 1999 })).toEqual({ amount: '••••••' });
    expect(redact(z.strictObject({}), { old: 'value' })).toEqual({ old: '••••••' });
  });
});
