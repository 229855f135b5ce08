import { describe, expect, test } from '@jest/globals';
import { isLevel } from './level.mjs';

const climbing = (slices) => Array.from({ length: slices }, (_, at) => 100 + 40 * at);

describe('A rate is level', () => {
  test('once its last slices are together what those before were', () => {
    expect(isLevel([...climbing(6), 300, 305, 295, 300, 302, 298, 301, 303])).toBe(true);
  });

  test('however much single slices swing', () => {
    expect(isLevel([200, 400, 250, 350, 390, 210, 340, 260])).toBe(true);
  });

  test('not while it climbs', () => {
    expect(isLevel(climbing(20).slice(0, 12))).toBe(false);
  });

  test('not after too few slices to compare', () => {
    expect(isLevel([300, 300, 300, 300, 300, 300, 300])).toBe(false);
  });

  test('not when it falls', () => {
    expect(isLevel([400, 400, 400, 400, 300, 300, 300, 300])).toBe(false);
  });

  test('not where nothing has ended', () => {
    expect(isLevel(Array.from({ length: 12 }, () => 0))).toBe(false);
  });
});
