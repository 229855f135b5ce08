import { z } from 'zod';

const REDACTED = '••••••';

/**
 * An input to show to operators: fields that its schema marks `writeOnly` are redacted. Without a schema, as for a kind
 * that this process does not know, everything is.
 */
export function redact(schema: z.ZodType | undefined, input: unknown): Record<string, unknown> {
  const shape = schema instanceof z.ZodObject ? (schema.shape as Record<string, z.ZodType>) : {};
  return Object.fromEntries(Object.entries(input as object).map(([name, value]) => [name, shown(shape[name], value)]));
}

function shown(schema: z.ZodType | undefined, value: unknown): unknown {
  if (!schema || isSecret(schema)) return REDACTED;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return shown(schema.unwrap() as z.ZodType, value);
  if (schema instanceof z.ZodArray && Array.isArray(value))
    return value.map((item) => shown(schema.element as z.ZodType, item));
  if (schema instanceof z.ZodObject && typeof value === 'object' && value !== null) return redact(schema, value);
  return value;
}

const isSecret = (schema: z.ZodType) => schema.meta()?.writeOnly === true;
