import type { OpenAPIObject } from '@nestjs/swagger';
import { startBody } from '../operations/contract/operation.contract.js';
import { offerOf, type RegisteredKind } from '../operations/kinds/kind-register.js';
import { converted, refTo, type Schema, type Schemas } from './component-schemas.js';

type Properties = { properties: Schemas };

/** `null` in OpenAPI 3.0. */
const NULL = { type: 'object', nullable: true, enum: [null] };

/**
 * `StartOperation` is a union of the kinds' starts with `kind` as its discriminator; an operation's result is a union
 * of the kinds' results.
 */
export function describeKinds(document: OpenAPIObject, schemas: Schemas, kinds: readonly RegisteredKind[]): void {
  const offered = kinds.filter(({ internal }) => !internal);
  const starts = offered.map((kind) => ({
    name: kind.name,
    component: `Start.${kind.name}`,
    schema: startOf(kind, schemas),
  }));
  for (const { component, schema } of starts) schemas[component] = schema;
  schemas.StartOperation = {
    oneOf: starts.map(({ component }) => refTo(component)),
    discriminator: {
      propertyName: 'kind',
      mapping: Object.fromEntries(starts.map(({ name, component }) => [name, refTo(component).$ref])),
    },
  };
  for (const { properties } of [schemas.Operation as Properties, schemas.PastOperation as Properties])
    properties.result = resultOf(properties.result, kinds, schemas);

  const start = document.paths['/api/operations']?.post?.requestBody;
  const body = start && 'content' in start ? start.content['application/json'] : undefined;
  if (body) body.examples = Object.fromEntries(offered.flatMap(examplesOf));
}

function startOf(kind: RegisteredKind, schemas: Schemas): Schema {
  const { name, summary } = kind;
  const { schema: envelope } = converted(startBody, 'input') as { schema: Properties };
  const own = converted(offerOf(kind).input, 'input');
  Object.assign(schemas, own.components);
  return {
    ...envelope,
    description: summary,
    properties: { ...envelope.properties, kind: { type: 'string', enum: [name] }, input: own.schema },
  };
}

function resultOf(open: Schema | undefined, kinds: readonly RegisteredKind[], schemas: Schemas): Schema {
  const results = kinds.map(({ result }) => converted(result, 'output'));
  for (const { components } of results) Object.assign(schemas, components);
  const description = open && 'description' in open ? open.description : undefined;
  return { ...(description && { description }), anyOf: [...results.map(({ schema }) => schema), NULL] };
}

const examplesOf = (kind: RegisteredKind) =>
  Object.entries(offerOf(kind).examples).map(
    ([title, { summary, input }]) =>
      [
        `${kind.name} ${title}`,
        { summary: `${kind.name}: ${title}: ${summary}`, value: { kind: kind.name, input } },
      ] as const,
  );
