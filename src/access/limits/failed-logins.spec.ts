import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Database } from '../../database/database.js';
import { MINUTES, SECONDS } from '../../time/durations.js';
import { CredentialsExpired, CredentialsInvalid } from '../access-errors.js';
import { FailedLogins } from './failed-logins.js';

const GOOD = 'oc_test_0123456789ab_good';
const BAD = 'oc_test_0123456789ab_bad';

let logins: FailedLogins;
let statements: number;
let looks: number;

beforeEach(() => {
  Logger.overrideLogger(false);
  jest.useFakeTimers();
  statements = looks = 0;
  // Away, so that the failures are counted in memory.
  const query = async () => {
    statements += 1;
    throw new Error('Away.');
  };
  logins = new FailedLogins({ relaxed: { query } } as unknown as Database, { failedLogins: 3 });
});
afterEach(() => jest.useRealTimers());

const tryOut = (address: string, credential: string, error: Error = CredentialsInvalid.found()) =>
  logins
    .attempt(address, credential, async () => {
      looks += 1;
      if (credential === GOOD) return 'in';
      throw error;
    })
    .catch((refused: unknown) => (refused as { code: string }).code);

test('an address beyond its number is refused for the rest of the minute without a look, and costs nothing', async () => {
  for (let failed = 0; failed < 3; failed += 1) expect(await tryOut('a', BAD)).toBe('credentials_invalid');
  const [asked, looked] = [statements, looks];
  for (const credential of [BAD, GOOD, BAD]) expect(await tryOut('a', credential)).toBe('rate_limited');
  expect([statements, looks]).toEqual([asked, looked]);
  expect(await tryOut('b', GOOD)).toBe('in');
  jest.advanceTimersByTime(1 * MINUTES);
  expect(await tryOut('a', GOOD)).toBe('in');
});

test('says how long to wait', async () => {
  for (let failed = 0; failed < 3; failed += 1) await tryOut('a', BAD);
  jest.advanceTimersByTime(20 * SECONDS);
  await expect(logins.attempt('a', GOOD, async () => 'in')).rejects.toMatchObject({ retryAfter: 40 });
});

test('a key that many addresses try is refused to those alone that have failed lately', async () => {
  for (let address = 0; address < 30; address += 1) await tryOut(`stranger ${address}`, BAD);
  expect(await tryOut('stranger 1', BAD)).toBe('rate_limited');
  expect(await tryOut('stranger 1', 'oc_test_zzzzzzzzzzzz_bad')).toBe('credentials_invalid');
  expect(await tryOut('holder', GOOD)).toBe('in');
});

test('neither good credentials nor expired or revoked ones cost a statement', async () => {
  for (let tried = 0; tried < 10; tried += 1) {
    expect(await tryOut('a', GOOD)).toBe('in');
    expect(await tryOut('a', BAD, CredentialsExpired.at(new Date()))).toBe('credentials_expired');
    expect(await tryOut('a', BAD, CredentialsInvalid.revoked())).toBe('credentials_invalid');
  }
  expect(statements).toBe(0);
});

test('failures at the same time are refused beyond the number, too', async () => {
  const answers = await Promise.all(new Array(5).fill(0).map(() => tryOut('a', BAD)));
  expect(answers.sort()).toEqual([...new Array(3).fill('credentials_invalid'), 'rate_limited', 'rate_limited']);
});
