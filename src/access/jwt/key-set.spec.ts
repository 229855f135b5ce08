import type { ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import { jwtVerify } from 'jose';
import { IdentityProvider } from '../../../test/support/identity-provider.js';
import { HOURS, MINUTES, SECONDS } from '../../time/durations.js';
import { fetchKeySet } from './fetch-key-set.js';
import { KeySet } from './key-set.js';

let provider: IdentityProvider;
let keys: KeySet;
let now: number;
beforeEach(async () => {
  Logger.overrideLogger(false);
  provider = await IdentityProvider.start();
  now = 0;
  keys = new KeySet(
    () => fetchKeySet(provider.settings.JWT_JWKS_URL),
    () => now,
  );
});
afterEach(() => provider.stop());

/** Whether a token is proven: `yes`, or the error. */
const proves = async (token: Promise<string> | string) =>
  jwtVerify(await token, keys.keyFor).then(
    () => 'yes',
    (error: unknown) => (error as { code: string }).code,
  );
const UNKNOWN = 'ERR_JWKS_NO_MATCHING_KEY';
const UNAVAILABLE = 'identity_provider_unavailable';

test('is asked for with the first token, once for all that come at once', async () => {
  expect(provider.asked).toBe(0);
  let answer: (() => void) | undefined;
  const arrived = new Promise<void>((resolve) => {
    provider.answer = (response) => {
      answer = () => void response.end(provider.keySet());
      resolve();
    };
  });
  const token = await provider.token();
  const proven = Array.from({ length: 10 }, () => proves(token));
  await arrived;
  answer?.();
  expect(new Set(await Promise.all(proven))).toEqual(new Set(['yes']));
  expect(provider.asked).toBe(1);
});

test('is asked for again because of a key that it lacks, and not more than every 30 s', async () => {
  expect(await proves(provider.token())).toBe('yes');
  await provider.rotate();
  const rotated = await provider.token();
  expect(await proves(rotated)).toBe(UNKNOWN);
  now += 30 * SECONDS;
  expect(await proves(rotated)).toBe('yes');
  for (let times = 0; times < 5; times += 1) expect(await proves(provider.token({}, { kid: 'unknown' }))).toBe(UNKNOWN);
  expect(provider.asked).toBe(2);
  now += 30 * SECONDS;
  expect(await proves(provider.token({}, { kid: 'unknown' }))).toBe(UNKNOWN);
  expect(provider.asked).toBe(3);
});

test('is asked for again after 10 minutes, and a key that was withdrawn is unknown', async () => {
  const token = await provider.token();
  expect(await proves(token)).toBe('yes');
  await provider.rotate();
  provider.keys.shift();
  now += 10 * MINUTES;
  expect(await proves(token)).toBe('yes');
  now += 1;
  expect(await proves(token)).toBe(UNKNOWN);
});

const AWAY: [string, IdentityProvider['answer']][] = [
  ['breaks off', (response: ServerResponse) => void response.destroy()],
  ['answers with an error', (response) => void response.writeHead(500).end(provider.keySet())],
  ['redirects', (response) => void response.writeHead(302, { Location: provider.settings.JWT_JWKS_URL }).end()],
  ['answers with more than 64 KiB', (response) => void response.end(provider.keySet() + ' '.repeat(65_536))],
  ['answers with another shape', (response) => void response.end('{"keys":{}}')],
  ['answers with no JSON', (response) => void response.end('<html>')],
];

test.each(AWAY)('does not change while the provider %s; without one, nothing can be proven', async (_, away) => {
  const publish = provider.answer;
  provider.answer = away;
  expect(await proves(provider.token())).toBe(UNAVAILABLE);
  provider.answer = publish;
  now += 2 * SECONDS;
  expect(await proves(provider.token())).toBe('yes');
  provider.answer = away;
  now += 20 * MINUTES;
  const { asked } = provider;
  expect(await proves(provider.token())).toBe('yes');
  expect(await proves(provider.token({}, { kid: 'unknown' }))).toBe(UNAVAILABLE);
  expect(provider.asked).toBe(asked + 1);
  now += 24 * HOURS;
  expect(await proves(provider.token())).toBe(UNAVAILABLE);
});

test('is not waited for longer than 5 s, whatever the provider sends meanwhile', async () => {
  provider.answer = (response) => {
    const drip = setInterval(() => response.write(' '), 200);
    response.on('close', () => clearInterval(drip));
  };
  expect(await proves(provider.token())).toBe(UNAVAILABLE);
});
