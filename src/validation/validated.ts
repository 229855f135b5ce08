import type { z } from 'zod';
import type { DomainError } from '../errors/domain-error.js';
import { type FieldViolation, fieldViolationsOf } from '../errors/field-violation.js';
import { InvalidInput } from '../errors/invalid-input.js';
import { parseJson } from './parse-json.js';

interface ErrorClass {
  because(violations: readonly FieldViolation[]): DomainError;
}

/**
 * A client's value, parsed by the schema.
 * @param at the path of the value. @throws `error`, which names every wrong field
 */
export function validated<Schema extends z.ZodType>(
  schema: Schema,
  given: unknown,
  { error: error = InvalidInput, at = [] }: { error?: ErrorClass; at?: readonly string[] } = {},
): z.output<Schema> {
  const parsed = parseJson(schema, given);
  if (parsed.success) return parsed.data;
  throw error.because(fieldViolationsOf(parsed.error.issues, at));
}
