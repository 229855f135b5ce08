import { minorUnitDigits } from './minor-unit.js';

const LANGUAGE = document.documentElement.lang;

/** `amount` in the currency's minor unit, as on the wire. */
export function money(amount: number, currency: string): string {
  const digits = minorUnitDigits(currency);
  const format = { style: 'currency', currency, minimumFractionDigits: digits, maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat(LANGUAGE, format).format(amount / 10 ** digits);
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const milliseconds = new Intl.NumberFormat(LANGUAGE, {
  style: 'unit',
  unit: 'millisecond',
  unitDisplay: 'narrow',
  maximumFractionDigits: 0,
});
const seconds = new Intl.NumberFormat(LANGUAGE, {
  style: 'unit',
  unit: 'second',
  unitDisplay: 'narrow',
  maximumSignificantDigits: 3,
});
const minutes = new Intl.NumberFormat(LANGUAGE, {
  style: 'unit',
  unit: 'minute',
  unitDisplay: 'narrow',
  maximumSignificantDigits: 3,
});

export function duration(ms: number): string {
  if (ms < SECOND) return milliseconds.format(Math.max(0, ms));
  return ms < 2 * MINUTE ? seconds.format(ms / SECOND) : minutes.format(ms / MINUTE);
}

const clock = new Intl.DateTimeFormat(LANGUAGE, { timeStyle: 'medium', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' });

export const time = (iso: string | number) => clock.format(new Date(iso));
export const date = (iso: string) => day.format(new Date(iso));

export const count = (value: number) => new Intl.NumberFormat(LANGUAGE).format(value);
