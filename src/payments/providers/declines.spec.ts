import { readFileSync } from 'node:fs';
import { DECLINES } from './declines.js';

const ROW = /^\| `(\w+)` +\| ([^|]+?) +\| (true|false) +\|$/gm;

test('docs/errors.md describes every decline, and otherwise only failures that no provider causes', () => {
  const [, table = ''] = /## How a payment fails([\s\S]*)/.exec(readFileSync('docs/errors.md', 'utf8')) ?? [];
  const documented = [...table.matchAll(ROW)].map(
    ([, code = '', message = '', retryable]) => [code, { message, retryable: retryable === 'true' }] as const,
  );
  const ours = Object.entries(DECLINES);
  expect(documented.slice(0, ours.length)).toEqual(ours);
  const others = documented.slice(ours.length).map(([code]) => code);
  expect(others).toEqual([
    'provider_unavailable',
    'never_arrived',
    'provider_refused',
    'provider_misconfigured',
    'resolved_by_operator',
    'provider_not_set_up',
    'reference_missing',
  ]);
});
