import { jest } from '@jest/globals';
import { NIL } from 'uuid';
import type { Clock } from '../../clock/clock.js';
import { HOURS, MINUTES } from '../../time/durations.js';
import { CredentialsInvalid } from '../access-errors.js';
import type { KeyStanding } from '../keys/key-standing.js';
import { MOST_REMEMBERED, SignedTokens, TOKEN_TYPES } from './signed-tokens.js';

const NOW = new Date('2026-01-01T00:00:00Z');
const CONFIGURED = { tokenKeys: [{ id: 'k1', secret: Buffer.alloc(32, 1) }] };

/** What another process of the service has signed, this one reads; what it has signed itself, it remembers. */
function processes() {
  const clock = { now: () => NOW };
  const expectStanding = jest.fn<KeyStanding['expect']>(async () => undefined);
  const standing = { expect: expectStanding } as unknown as KeyStanding;
  const make = () => new SignedTokens(CONFIGURED, clock as unknown as Clock, standing);
  return { clock, expectStanding, one: make(), other: make() };
}

const CLAIMS = { ten: NIL, by: 'key 0f3k2m9x1q7z', sub: 'operation' };
const END = new Date(NOW.getTime() + 1 * HOURS);

test.each(['one', 'other'] as const)(
  'a token is verified each time anew, by which process it was signed: %s',
  async (signer) => {
    const { clock, expectStanding, one, [signer]: signing } = processes();
    const token = signing.sign(TOKEN_TYPES.watch, CLAIMS, END, 'id');
    const verify = () => one.verify<typeof CLAIMS>(TOKEN_TYPES.watch, token);
    const claims = { ...CLAIMS, jti: 'id', exp: END.getTime() / 1000 };
    const verified = { claims, madeBy: { key: '0f3k2m9x1q7z', at: NOW } };
    for (let times = 1; times <= 2; times += 1) {
      expect(await verify()).toMatchObject(verified);
      expect(expectStanding).toHaveBeenCalledTimes(times);
    }

    await expect(one.verify(TOKEN_TYPES.start, token)).rejects.toMatchObject({ code: 'credentials_invalid' });
    await expect(one.verify(TOKEN_TYPES.watch, `${token}x`)).rejects.toMatchObject({ code: 'credentials_invalid' });
    expectStanding.mockRejectedValueOnce(CredentialsInvalid.found());
    await expect(verify()).rejects.toMatchObject({ code: 'credentials_invalid' });
    clock.now = () => new Date(END.getTime() + 1 * MINUTES);
    await expect(verify()).rejects.toMatchObject({ code: 'credentials_expired' });
  },
);

test.each([
  ['key 0f3k2m9x1q7z', '0f3k2m9x1q7z'],
  ['start token of key 0f3k2m9x1q7z', '0f3k2m9x1q7z'],
  ['jwt of a key 0f3k2m9x1q7z', undefined],
  ['start token of jwt x key 0f3k2m9x1q7z', undefined],
])('what %s has made ends with that key, or with its tenant', async (by, key) => {
  const { expectStanding, one } = processes();
  await one.verify(TOKEN_TYPES.watch, one.sign(TOKEN_TYPES.watch, { ...CLAIMS, by }, END));
  expect(expectStanding).toHaveBeenCalledWith({ tenant: NIL, madeBy: { key, at: NOW } });
});

test('large tokens are remembered in fewer numbers', () => {
  const { one } = processes();
  for (let made = 0; made < 60; made += 1)
    one.sign(TOKEN_TYPES.start, { ...CLAIMS, start: 'x'.repeat(64_000) } as typeof CLAIMS, END);
  const { signed } = one as unknown as { signed: { keys(): Iterable<string> } };
  const remembered = [...signed.keys()];
  expect(remembered.length).toBeGreaterThan(10);
  expect(remembered.join('').length).toBeLessThanOrEqual(MOST_REMEMBERED);
});
