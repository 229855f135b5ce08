import { z } from 'zod';
import { WebhookRefused } from './payment-provider.js';
import { SECONDS } from '../../time/durations.js';

const TOLERANCE = 5 * 60;

/** The end of the year 9999. */
const LAST_SECOND = Date.UTC(10_000, 0) / SECONDS - 1;

/** A provider's identifier in an event: text that PostgreSQL can store. */
export const eventWord = z.string().regex(/^[\w.:-]{1,255}$/, 'expected letters, digits and _ . : - only, at most 255');

/** In seconds since 1970. */
export const eventTime = z.int().min(0).max(LAST_SECOND);

/** A timestamp in the future proves as little as an old one. @throws WebhookRefused */
export function expectRecent(signedAt: number, now: Date): void {
  const age = now.getTime() / SECONDS - signedAt;
  if (Math.abs(age) <= TOLERANCE) return;
  const found = `found ${Math.round(Math.abs(age))} s ${age > 0 ? 'ago' : 'ahead of our clock'}`;
  throw new WebhookRefused(
    `The webhook’s time is outside the tolerance: expected signed within ${TOLERANCE} s of now, ${found}.`,
  );
}

/** The event of a verified body. @throws WebhookRefused if it is not JSON or has another shape */
export const readEvent = <Event>(body: Buffer, shape: z.ZodType<Event>): Event => expectShape(parsedJson(body), shape);

/** @throws WebhookRefused */
export function expectShape<Shape>(found: unknown, shape: z.ZodType<Shape>): Shape {
  const parsed = shape.safeParse(found);
  if (parsed.success) return parsed.data;
  const [{ path, message } = { path: [], message: 'unknown' }] = parsed.error.issues;
  const where = path.join('.') || 'it';
  throw new WebhookRefused(`The webhook is signed well, and is no event whose shape we know: ${where}: ${message}.`);
}

function parsedJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new WebhookRefused('The webhook’s body is no JSON in UTF-8.', { cause });
  }
}
