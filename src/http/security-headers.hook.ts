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

/** An answer of the API is for one client at one time: no cache may keep it unless its route says otherwise. */
export function addSecurityHeaders(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (_request, reply, done) => {
    secure(reply);
    done();
  });
}

/** Also called for answers that Fastify sends before its hooks. */
export function secure(reply: FastifyReply): void {
  const { url: address, routeOptions } = reply.request;
  // By route, since an address has many spellings; an unknown address has no route.
  const url = routeOptions.url ?? address;
  void reply.header('X-Content-Type-Options', 'nosniff');
  if (/^\/(api|hubs)\//.test(url)) void reply.header('Cache-Control', 'no-store');
  // Its address may carry a token.
  if (/\/events$/.test(url)) void reply.header('Referrer-Policy', 'no-referrer');
  if (/^\/docs\b/.test(url))
    void reply.header('Content-Security-Policy', DOCS_POLICY).header('Referrer-Policy', 'no-referrer');
}
