import type { INestApplication } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { ApiExcludeController, DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { z } from 'zod';
import { Authenticator } from '../access/authenticator.js';
import { describeControllers } from '../http/documented-by.decorator.js';
import { KindRegister } from '../operations/kinds/kind-register.js';
import { declareScopes, describeAccess } from './document-access.js';
import { describeKinds } from './kind-schemas.js';
import { addReferred, converted, type Schemas } from './component-schemas.js';

const DESCRIPTION = `Start an operation. Always know how it ended.

**Push**: Socket.IO namespace \`/operations\`: \`join {operationId, afterVersion?}\` is acknowledged with the operation
and the events that were missed, or the first hundred; then come \`operation\` events: the rest, and what happens. Or
\`GET /api/operations/{id}/events\` with \`Accept: text/event-stream\`. Or SignalR: the hub
\`/hubs/operations\`. The [AsyncAPI document](/docs/async) has every message of both sockets.

**Poll**: \`GET /api/operations/{id}\` after \`Retry-After\`, with \`If-None-Match\`; or let \`Prefer: wait=N\` wait for
the next version.

Errors are RFC 9457 problems with a stable \`code\`.`;

const REQUEST_ID = {
  description:
    'Names the request in the log: the X-Request-Id that the client sent (letters, digits, ".", "_" and "-"), ' +
    'or a new one.',
  schema: { type: 'string' },
} as const;

/** The OpenAPI document: routes and schemas as Nest finds them, and one schema per kind of operation. */
export async function openApiDocument(app: INestApplication): Promise<OpenAPIObject> {
  const undocumented = await describeControllers(app.get(DiscoveryService, { strict: false }));
  for (const controller of undocumented) ApiExcludeController()(controller);
  declareScopes(app);
  const info = new DocumentBuilder()
    .setTitle('Outcome')
    .setVersion('1')
    .setDescription(DESCRIPTION)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/')
    .addTag('operations', 'Start work, follow it, cancel it.')
    .addTag('access', 'Who may do what.')
    .addTag('payments', 'What has become of a charge’s money; refunds and captures are operations.')
    .addTag('the two calls of the article', 'For pages that are written against it.')
    .addTag('for the platform', 'Whether the process is well.')
    .build();
  const document = SwaggerModule.createDocument(app, info, {
    standardSchemaConverter: (schema, { schemaType }) => converted(schema as z.ZodType, schemaType),
  });
  describeAccess(document, callsOf(document), app.get<Authenticator>(Authenticator, { strict: false }).isOpen);
  const components = (document.components ??= {});
  const schemas: Schemas = (components.schemas ??= {});
  const bodies = callsOf(document).map(({ requestBody }) => requestBody ?? {});
  addReferred(schemas, bodies, 'input');
  addReferred(schemas, document, 'output');
  describeKinds(document, schemas, app.get(KindRegister).all());
  components.headers = { 'X-Request-Id': REQUEST_ID };
  for (const response of responsesOf(document)) {
    response.headers = { ...response.headers, 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } };
  }
  return document;
}

const callsOf = ({ paths }: OpenAPIObject) =>
  Object.values(paths).flatMap(({ get, post, patch, delete: remove }) =>
    [get, post, patch, remove].filter((call) => call !== undefined),
  );

function responsesOf(document: OpenAPIObject) {
  return callsOf(document)
    .flatMap(({ responses }) => Object.values(responses))
    .filter((response) => response !== undefined && 'description' in response);
}
