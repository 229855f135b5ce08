import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';
import { KindRegister, type RegisteredKind } from '../operations/kinds/kind-register.js';
import { startBody } from '../operations/http/contracts.js';
import { problemDocument } from '../problems/problem.js';

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
type Schema = Schemas[string];

const DESCRIPTION = `Start an operation. Always know how it ended.

**Push**: Socket.IO namespace \`/operations\`: \`join {operationId, afterVersion?}\` is acknowledged with the operation and every
event that was missed; then come \`operation\` events. Or \`GET /api/operations/{id}/events\` with \`Accept: text/event-stream\`.
**Poll**: \`GET /api/operations/{id}\` after \`Retry-After\`, with \`If-None-Match\`; or let \`Prefer: wait=N\` wait for news.
Refusals are RFC 9457 problems with a stable \`code\`.`;

/** The OpenAPI document: routes and schemas as Nest finds them, and one schema for each kind of operation. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const info = new DocumentBuilder()
    .setTitle('Outcome')
    .setVersion('1')
    .setDescription(DESCRIPTION)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/')
    .build();
  const document = SwaggerModule.createDocument(app, info, {
    standardSchemaConverter: (schema, { schemaType }) => converted(schema as z.ZodType, schemaType),
  });
  const schemas: Schemas = ((document.components ??= {}).schemas ??= {});
  Object.assign(schemas, converted(problemDocument, 'output').components);
  describeKinds(document, schemas, app.get(KindRegister).all());
  return document;
}

/** A Zod schema as OpenAPI 3.0; those that have an id become components of that name. */
function converted(schema: z.ZodType, io: 'input' | 'output'): { schema: Schema; components: Schemas } {
  const { $schema: _, $defs = {}, ...top } = z.toJSONSchema(schema, { target: 'openapi-3.0', io, unrepresentable: 'any' });
  const components = JSON.parse(JSON.stringify($defs).replaceAll('#/$defs/', '#/components/schemas/')) as Schemas;
  const inline = JSON.parse(JSON.stringify(top).replaceAll('#/$defs/', '#/components/schemas/')) as Schema & { id?: string };
  for (const component of [inline, ...Object.values(components)] as { id?: string }[]) delete component.id;
  const id = schema.meta()?.id;
  return id
    ? { schema: { $ref: `#/components/schemas/${id}` }, components: { ...components, [id]: inline } }
    : { schema: inline, components };
}

/** `StartOperation` is one of the kinds' starts, told apart by `kind`, each with its examples. */
function describeKinds(document: OpenAPIObject, schemas: Schemas, kinds: RegisteredKind[]): void {
  const { schema: envelope } = converted(startBody, 'input') as { schema: { properties: Schemas } };
  const mapping: Record<string, string> = {};
  for (const { name, summary, input, result } of kinds) {
    const own = converted(input, 'input');
    Object.assign(schemas, own.components, converted(result, 'output').components);
    const component = `Start.${name}`;
    mapping[name] = `#/components/schemas/${component}`;
    schemas[component] = {
      type: 'object',
      description: summary,
      additionalProperties: false,
      required: ['kind', 'input'],
      properties: { ...envelope.properties, kind: { type: 'string', enum: [name] }, input: own.schema },
    };
  }
  schemas.StartOperation = { oneOf: Object.values(mapping).map(($ref) => ({ $ref })), discriminator: { propertyName: 'kind', mapping } };
  const start = document.paths['/api/operations']?.post?.requestBody;
  const body = start && 'content' in start ? start.content['application/json'] : undefined;
  if (body) body.examples = Object.fromEntries(kinds.flatMap(examplesOf));
}

const examplesOf = ({ name, examples }: RegisteredKind) =>
  Object.entries(examples).map(
    ([title, { summary, input }]) =>
      [`${name} ${title}`, { summary: `${name}: ${title}: ${summary}`, value: { kind: name, input } }] as const,
  );
