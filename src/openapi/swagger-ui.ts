import type { INestApplication } from '@nestjs/common';
import { SwaggerModule } from '@nestjs/swagger';
import { openApiDocument } from './document.js';
import { EXAMPLE_OPERATION } from './example.js';

/**
 * Runs in the browser: puts the newest operation where an example names one, and starts one where there is none, so that
 * "Try it out" works as it stands on any server.
 */
const useTheNewestOperation = `async (request) => {
  if (!request.url.includes('${EXAMPLE_OPERATION}')) return request;
  const newest = async () => (await (await fetch('/api/operations?limit=1')).json()).items[0];
  const start = async () => (await fetch('/api/operations', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ kind: 'demo.countdown', input: { seconds: 30 } }),
  })).json();
  const operation = (await newest()) ?? (await start());
  return { ...request, url: request.url.replace('${EXAMPLE_OPERATION}', operation.id) };
}`;

/** Serves the OpenAPI document at /docs-json and Swagger UI at /docs. */
export function serveSwaggerUi(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'docs-json',
    yamlDocumentUrl: 'docs-yaml',
    customSiteTitle: 'Outcome',
    swaggerOptions: {
      tryItOutEnabled: true,
      displayRequestDuration: true,
      // Nest writes what a function's toString gives into the page.
      requestInterceptor: Object.assign(() => undefined, { toString: () => useTheNewestOperation }),
    },
  });
}
