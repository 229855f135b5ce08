import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { hashOf, mintApiKey, readApiKey } from './api-key.js';

test('a key names its mode and its id, and is read again', () => {
  for (const mode of ['live', 'test'] as const) {
    const key = mintApiKey(mode);
    expect(key.text).toMatch(new RegExp(`^oc_${mode}_${key.id}_[0-9A-Za-z]{32}_[0-9A-Za-z]{6}$`));
    expect(readApiKey(key.text)).toEqual(key);
  }
});

test('a key with one character changed, dropped or added is no key', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.constantFrom('change', 'drop', 'add'),
      fc.constantFrom('0', 'z', 'Z', '_'),
      (n, how, by) => {
        const { text } = mintApiKey('live');
        const at = n % text.length;
        const changed = text.slice(0, at) + (how === 'drop' ? '' : by) + text.slice(how === 'add' ? at : at + 1);
        fc.pre(changed !== text);
        expect(readApiKey(changed)).toBeUndefined();
      },
    ),
    { numRuns: 2000 },
  );
});

test('what is no key at all is none', () => {
  const { text } = mintApiKey('test');
  for (const given of ['', 'oc_live_', text.toUpperCase(), ` ${text}`, `${text}\n`, text.replace('oc_', 'sk_')])
    expect([given, readApiKey(given)]).toEqual([given, undefined]);
});

test('its characters are equally likely', () => {
  const seen = new Map<string, number>();
  const drawn = 2000 * 32;
  for (let minted = 0; minted < 2000; minted += 1)
    for (const character of mintApiKey('live').text.split('_')[3]!) seen.set(character, (seen.get(character) ?? 0) + 1);
  // By a modulo of a byte, eight characters of 62 would come a quarter more often: 1,250 times in place of 1,032.
  const expected = drawn / 62;
  expect(seen.size).toBe(62);
  const chiSquared = [...seen.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  // 61 degrees of freedom: once in ten million runs.
  expect(chiSquared).toBeLessThan(130);
});

test('a hash is that of the whole key', () => {
  const key = mintApiKey('live');
  expect(hashOf(key)).toEqual(createHash('sha256').update(key.text).digest());
});
