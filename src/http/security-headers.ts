import type { FastifyInstance } from 'fastify';

/** Swagger UI styles its page inline; its scripts are files. */
const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Answers of the API are about one client at one time, and no cache keeps them; a route that knows better says otherwise. */
export function addSecurityHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('X-Content-Type-Options', 'nosniff');
    if (request.url.startsWith('/api/')) void reply.header('Cache-Control', 'no-store');
    if (/^\/docs\b/.test(request.url)) void reply.header('Content-Security-Policy', DOCS_POLICY).header('Referrer-Policy', 'no-referrer');
    done();
  });
}
