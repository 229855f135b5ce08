import type { FastifyInstance, FastifyReply } from 'fastify';

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

/**
 * Answers of the API are about one client at one time, and no cache keeps them; a route that knows better says
 * otherwise.
 */
export function addSecurityHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (_request, reply, done) => {
    secure(reply);
    done();
  });
}

/** For what Fastify answers before its hooks, too. */
export function secure(reply: FastifyReply): void {
  const { url: address, routeOptions } = reply.request;
  // By its route, since an address has many spellings; what leads nowhere has none.
  const url = routeOptions.url ?? address;
  void reply.header('X-Content-Type-Options', 'nosniff');
  if (url.startsWith('/api/')) void reply.header('Cache-Control', 'no-store');
  if (/^\/docs\b/.test(url))
    void reply.header('Content-Security-Policy', DOCS_POLICY).header('Referrer-Policy', 'no-referrer');
}
