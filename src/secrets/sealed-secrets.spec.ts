import { SealedSecrets, SecretUnreadable, type Place } from './sealed-secrets.js';

const key = (id: string, byte: number) => ({ id, secret: Buffer.alloc(32, byte) });
const place: Place = { table: 'provider_account', column: 'credentials', tenant: 'shop', id: 'acct-1' };
const SECRET = 'sk_of_the_shop ✓';

test('opens what it has sealed, which shows nothing of the secret and is never the same twice', () => {
  const secrets = new SealedSecrets({ keys: [key('k1', 1)] });
  const [one, other] = [secrets.seal(SECRET, place), secrets.seal(SECRET, place)];
  expect(secrets.open(one, place)).toBe(SECRET);
  expect(one).toMatch(/^sealed\.1\.k1\./);
  expect(one).not.toBe(other);
  expect(Buffer.from(one.split('.')[3] ?? '', 'base64url').toString('latin1')).not.toContain('sk_of');
});

test('seals with the first key, and opens with each', () => {
  const stored = new SealedSecrets({ keys: [key('k1', 1)] }).seal(SECRET, place);
  const rotated = new SealedSecrets({ keys: [key('k2', 2), key('k1', 1)] });
  expect(rotated.open(stored, place)).toBe(SECRET);
  expect([rotated.isNewest(stored), rotated.isNewest(rotated.seal(SECRET, place))]).toEqual([false, true]);
  expect(rotated.missingAmong(['k1', 'k0', 'k2'])).toEqual(['k0']);
});

test.each([
  ['table', 'webhook_endpoint'],
  ['column', 'secret'],
  ['tenant', 'other'],
  ['id', 'acct-2'],
])('opens nothing that was moved to another %s', (where, moved) => {
  const secrets = new SealedSecrets({ keys: [key('k1', 1)] });
  const stored = secrets.seal(SECRET, place);
  expect(() => secrets.open(stored, { ...place, [where]: moved })).toThrow(SecretUnreadable);
});

test('opens nothing that was changed, cut, or encrypted by a key that it lacks or that has another’s name', () => {
  const secrets = new SealedSecrets({ keys: [key('k1', 1)] });
  const stored = secrets.seal(SECRET, place);
  const bytes = Buffer.from(stored.split('.')[3] ?? '', 'base64url');
  for (let at = 0; at < bytes.length; at += 1) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
    expect(() => secrets.open(`sealed.1.k1.${flipped.toString('base64url')}`, place)).toThrow(SecretUnreadable);
  }
  for (const length of [1, 11, 12, 27, 28, bytes.length - 1])
    expect(() => secrets.open(`sealed.1.k1.${bytes.subarray(0, length).toString('base64url')}`, place)).toThrow(
      SecretUnreadable,
    );
  for (const keys of [[key('k2', 1)], [key('k1', 2)], []])
    expect(() => new SealedSecrets({ keys }).open(stored, place)).toThrow(SecretUnreadable);
});

test('without a key, stores as it is; what was stored so is read with keys, too', () => {
  const without = new SealedSecrets({ keys: [] });
  expect([without.canSeal, without.seal(SECRET, place)]).toEqual([false, SECRET]);
  expect(new SealedSecrets({ keys: [key('k1', 1)] }).open(SECRET, place)).toBe(SECRET);
  expect(without.isNewest(SECRET)).toBe(true);
});
