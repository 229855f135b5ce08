import { DAYS, HOURS } from '../../time/durations.js';
import { UsageError } from '../../command-line/usage-error.js';
import { HELP, readArguments } from './keys-arguments.js';

const read = (line: string) => readArguments(line.split(' ').filter(Boolean));

test('create takes scopes, an owner, and what is optional', () => {
  expect(read('create --scopes operations:start:payment.charge,operations:read --owner shop')).toEqual({
    command: 'create',
    tenant: 'default',
    createTenant: false,
    scopes: ['operations:start:payment.charge', 'operations:read'],
    owner: 'shop',
    expiresInMs: null,
    mode: 'test',
  });
  expect(
    read('create --scopes operations:read --owner a --tenant shop --create-tenant --expires 90d --live'),
  ).toMatchObject({ tenant: 'shop', createTenant: true, expiresInMs: 90 * DAYS, mode: 'live' });
});

test('roll, revoke and list', () => {
  expect(read('roll 0f3k2m9x1q7z')).toMatchObject({ command: 'roll', id: '0f3k2m9x1q7z', overlapMs: 1 * DAYS });
  expect(read('roll 0f3k2m9x1q7z --overlap 2h')).toMatchObject({ overlapMs: 2 * HOURS });
  expect(read('roll 0f3k2m9x1q7z --overlap 0')).toMatchObject({ overlapMs: 0 });
  expect(read('revoke 0f3k2m9x1q7z')).toEqual({ command: 'revoke', id: '0f3k2m9x1q7z' });
  expect(read('revoke-tokens 0f3k2m9x1q7z')).toEqual({ command: 'revoke-tokens', of: { key: '0f3k2m9x1q7z' } });
  expect(read('revoke-tokens --tenant shop')).toEqual({ command: 'revoke-tokens', of: { tenant: 'shop' } });
  expect(read('list')).toEqual({ command: 'list', tenant: undefined });
});

test.each(['', 'help', '--help', '-h'])('"%s" asks for help, which names each scope that a key may have', (line) => {
  expect(read(line)).toEqual({ command: 'help' });
  expect(HELP).toContain('operations:read ');
  expect(HELP).not.toContain('keys:manage');
});

test.each([
  ['make', 'Expected create, list, roll, revoke or revoke-tokens'],
  ['toString', 'Expected create, list, roll, revoke or revoke-tokens'],
  ['create --owner a', 'Expected --scopes'],
  ['create --scopes operations:read', 'Expected --owner'],
  ['create --scopes operations:everything --owner a', 'found operations:everything'],
  ['create --scopes operations:start:Charge --owner a', 'found operations:start:Charge'],
  ['create --scopes operations:read,keys:manage --owner a', 'never granted keys:manage'],
  ['create --scopes operations:read --owner a --tenant Shop!', `found "Shop!"`],
  ['create --scopes operations:read --owner a --expires 90', 'found "90"'],
  ['create --scopes operations:read --owner a --expires 0d', 'found "0d"'],
  ['create --scopes operations:read --owner a --expires 99999d', 'at most 3650d'],
  ['create --scopes operations:read --owner a more', 'takes options alone'],
  ['create --scopes operations:read --owner a --overlap 1d', '"create" takes no --overlap'],
  ['create --unknown', '--unknown'],
  ['roll', 'the id of one key'],
  ['roll a b', 'the id of one key'],
  ['roll 0f3k2m9x1q7z --overlap 31d', 'at most 30d'],
  ['revoke', 'the id of one key'],
  ['revoke-tokens', 'the id of one key, or with --tenant'],
  ['revoke-tokens 0f3k2m9x1q7z --tenant shop', 'the id of one key, or with --tenant'],
  ['revoke-tokens a b', 'the id of one key, or with --tenant'],
  ['revoke-tokens --tenant Shop!', 'found "Shop!"'],
])('"%s" is refused, and says why', (line, why) => {
  expect(() => read(line)).toThrow(UsageError);
  expect(() => read(line)).toThrow(why);
});
