import { DAYS, HOURS, MINUTES, SECONDS } from '../../time/durations.js';
import { pauseAfter } from './webhook-schedule.js';

const PAUSES = [
  ...[5 * SECONDS, 5 * MINUTES, 30 * MINUTES],
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOURS),
  undefined,
];

test('the pauses grow to a day, ten percent longer at most, and end after the tenth attempt', () => {
  const pauses = (random: number) => PAUSES.map((_, at) => pauseAfter(at + 1, () => random));
  expect(pauses(0)).toEqual(PAUSES);
  expect(pauses(1)).toEqual(PAUSES.map((pause) => pause && Math.round(pause * 1.1)));
  expect(pauses(0).reduce<number>((sum, pause) => sum + (pause ?? 0), 0)).toBeGreaterThan(3 * DAYS);
});
