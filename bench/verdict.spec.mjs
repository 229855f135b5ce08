import { describe, expect, test } from '@jest/globals';
import { isMet, reasonsForNone, verdictLines } from './verdict.mjs';

const quiet = { name: 'service', others: 0.1, level: true };
const full = { quick: false };

describe('There is no verdict on speed', () => {
  test('where others used more than a quarter of a core, in one round of many', () => {
    const reasons = reasonsForNone([quiet, { ...quiet, others: 0.26 }, quiet], full);
    expect(reasons).toEqual(['others used up to 0.26 of a core, and may use 0.25']);
  });

  test('where a rate still climbed, which is said once', () => {
    const climbing = { name: 'naive floor', others: 0, level: false };
    const reasons = reasonsForNone([quiet, climbing, climbing], full);
    expect(reasons).toEqual(['the rate was not level when this was measured: naive floor']);
  });

  test('with --quick', () => {
    expect(reasonsForNone([quiet], { quick: true })).toEqual(['--quick is too short to judge by']);
  });
});

test('There is a verdict where others used a quarter of a core, and no more', () => {
  expect(reasonsForNone([quiet, { ...quiet, others: 0.25 }], full)).toEqual([]);
});

describe('An aim', () => {
  test.each([
    ['at its upper limit', { found: 0.3, atMost: 0.3 }, true],
    ['above it', { found: 0.31, atMost: 0.3 }, false],
    ['at its lower limit', { found: 0.5, atLeast: 0.5 }, true],
    ['below it', { found: 0.49, atLeast: 0.5 }, false],
    ['that was not measured', { found: NaN, atLeast: 0.5 }, false],
  ])('%s', (_, aim, met) => {
    expect(isMet({ what: 'an aim', ...aim })).toBe(met);
  });
});

describe('The verdict', () => {
  const rate = { what: 'times the floor', found: 0.4, atLeast: 0.5 };
  const statements = { what: 'statements', found: 8, digits: 0, atMost: 8, isCount: true };
  const shown = { what: 'p99, ms', found: 12.34, digits: 1 };

  test('says of each aim what was found, its limit, and whether it is met', () => {
    expect(verdictLines([rate, statements, shown], [])).toEqual([
      '  times the floor  0.40  at least 0.5  MISSED',
      '  statements          8     at most 8     met',
      '  p99, ms          12.3',
    ]);
  });

  test('is refused for what depends on the machine, with the reason, and given for counts', () => {
    expect(verdictLines([rate, statements], ['others were busy'])).toEqual([
      '  times the floor  0.40  at least 0.5  no verdict',
      '  statements          8     at most 8         met',
      '  no verdict on speed: others were busy',
    ]);
  });

  test('is refused for a count that was taken of something else, with the reason', () => {
    const [line] = verdictLines([{ ...statements, unfit: 'batches of 3, not 20' }], []);
    expect(line).toMatch(/no verdict: batches of 3, not 20$/);
  });

  test('says that an aim was not measured', () => {
    const [line] = verdictLines([{ ...rate, found: NaN }], []);
    expect(line).toMatch(/not measured$/);
  });
});
