import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { once } from '../time/once.js';

/** Headers taken over from the docs' answers, beside the service's own. */
const PASSED_ON = ['accept-ranges', 'cache-control', 'content-range', 'content-type', 'etag', 'last-modified'];

/**
 * Serves Swagger UI at /docs, its document at /docs-json and /docs-yaml, and the AsyncAPI document of both sockets at
 * /docs/async; built at the first request.
 */
export function serveDocs(app: NestFastifyApplication): void {
  const docs = once(async () => (await import('./swagger-ui.js')).swaggerUi(app));
  const serve = async ({ url, headers }: FastifyRequest, reply: FastifyReply) => {
    const answer = await (await docs())({ url, headers });
    if (answer.statusCode === 404) return reply.callNotFound();
    for (const name of PASSED_ON) {
      const value = answer.headers[name];
      if (value !== undefined) void reply.header(name, value);
    }
    return reply.code(answer.statusCode).send(answer.rawPayload);
  };
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get('/docs/async', async (_request, reply: FastifyReply) => {
    const { asyncApiDocument } = await import('./asyncapi-document.js');
    return reply.type('application/json').send(JSON.stringify(asyncApiDocument(app), null, 2));
  });
  for (const url of ['/docs', '/docs/*', '/docs-json', '/docs-yaml']) fastify.get(url, serve);
}
