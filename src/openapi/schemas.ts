import type { OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';

export type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
export type Schema = Schemas[string];

/** A Zod schema as OpenAPI 3.0; those that have an id become components of that name. */
export function converted(schema: z.ZodType, io: 'input' | 'output'): { schema: Schema; components: Schemas } {
  const json = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => plain(jsonSchema),
  });
  const { $schema: _, definitions = {}, ...top } = readdressed(json);
  return { schema: top as Schema, components: definitions as Schemas };
}

/** For human readers: omits what `format` already says, and that a number is one that JavaScript can hold. */
function plain(schema: z.core.JSONSchema.BaseSchema): void {
  delete schema.id;
  if (schema.examples) Object.assign(schema, { example: schema.examples[0], examples: undefined });
  if (schema.format) delete schema.pattern;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
}

const readdressed = <T>(json: T): T =>
  JSON.parse(JSON.stringify(json).replaceAll('#/definitions/', '#/components/schemas/')) as T;
