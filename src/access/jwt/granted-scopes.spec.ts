import { InvalidConfig } from '../../config/invalid-config.js';
import { ALL_SCOPES } from '../scopes.js';
import { grantedScopes, mostScopes } from './granted-scopes.js';

const granted = (claim: unknown, ...most: string[]) => [...grantedScopes(claim, mostScopes(most))];

test('are a text with spaces or an array', () => {
  expect(granted('operations:read  operations:cancel')).toEqual(['operations:read', 'operations:cancel']);
  expect(granted(['operations:read', 'operations:cancel'])).toEqual(['operations:read', 'operations:cancel']);
  for (const other of [undefined, null, 7, { 'operations:read': true }, [['operations:read']], ''])
    expect(granted(other)).toEqual([]);
});

test('are none that do not exist', () => {
  expect(granted('openid operations:fly toString operations:start: operations:start:a/b')).toEqual([]);
});

test('are by default all but resolving and making keys', () => {
  const all = ALL_SCOPES.filter((scope) => scope !== 'operations:resolve' && scope !== 'keys:manage');
  expect(granted(ALL_SCOPES)).toEqual(all);
  expect(granted('operations:resolve', 'operations:resolve')).toEqual(['operations:resolve']);
});

test('are at most what the settings allow, also of a single kind', () => {
  expect(granted('operations:start operations:cancel', 'operations:read', 'operations:cancel')).toEqual([
    'operations:cancel',
  ]);
  expect(granted('operations:start', 'operations:start:payment.charge')).toEqual(['operations:start:payment.charge']);
  expect(granted('operations:start:payment.charge', 'operations:start')).toEqual(['operations:start:payment.charge']);
  expect(granted('operations:start:demo.countdown', 'operations:start:payment.charge')).toEqual([]);
});

test('a setting with unknown ones is refused', () => {
  expect(() => mostScopes(['operations:read', 'operations:fly'])).toThrow(InvalidConfig);
});
