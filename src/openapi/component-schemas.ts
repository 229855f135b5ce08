import type { OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';

export type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
export type Schema = Schemas[string];

const OPENAPI = {
  target: 'openapi-3.0',
  unrepresentable: 'any',
  override: ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }) => plain(jsonSchema),
} as const;

const addressOf = (id: string) => `#/components/schemas/${id}`;

export const refTo = (id: string) => ({ $ref: addressOf(id) });

/** Adds the missing components that `referrer` refers to, from Zod's registry, by their ids. */
export function addReferred(schemas: Schemas, referrer: unknown, io: 'input' | 'output'): void {
  const registered = z.toJSONSchema(z.globalRegistry, { ...OPENAPI, io, uri: addressOf }).schemas;
  const ahead = idsIn(referrer);
  for (const id of ahead) {
    if (id in schemas || !(id in registered)) continue;
    const { $id: _, ...schema } = registered[id] ?? {};
    schemas[id] = schema as Schema;
    ahead.push(...idsIn(schema));
  }
}

const idsIn = (json: unknown) =>
  [...JSON.stringify(json).matchAll(/"#\/components\/schemas\/([\w.]+)"/g)].map(([, id = '']) => id);

/** A Zod schema as OpenAPI 3.0; schemas with an id become components of that name. */
export function converted(schema: z.ZodType, io: 'input' | 'output'): { schema: Schema; components: Schemas } {
  const json = z.toJSONSchema(schema, { ...OPENAPI, io });
  const { $schema: _, definitions = {}, ...top } = readdressed(json);
  return { schema: top as Schema, components: definitions as Schemas };
}

/** For human readers: omits what `format` already says, and the bounds of a safe integer. */
function plain(schema: z.core.JSONSchema.BaseSchema): void {
  delete schema.id;
  if (schema.examples) Object.assign(schema, { example: schema.examples[0], examples: undefined });
  if (schema.format) delete schema.pattern;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
}

const readdressed = <T>(json: T): T =>
  JSON.parse(JSON.stringify(json).replaceAll('#/definitions/', '#/components/schemas/')) as T;
