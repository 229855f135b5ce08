import { isoTime } from './iso-time.js';

test('is the text of each of more moments than are remembered, also when asked again', () => {
  const dates = Array.from({ length: 2500 }, (_, at) => new Date(Date.UTC(2026, 0, 1) + at));
  const texts = dates.map((date) => date.toISOString());
  expect(dates.map(isoTime)).toEqual(texts);
  expect(dates.map((date) => isoTime(new Date(date)))).toEqual(texts);
});

test('refuses what is no time, as toISOString', () => {
  expect(() => isoTime(new Date(Number.NaN))).toThrow(RangeError);
});
