import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Authenticator } from './authenticator.js';
import { ANYONE, type Caller } from './caller.js';
import type { ClientAddresses } from './limits/client-addresses.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined where access is closed and the request carries no credentials. */
    caller: Caller | undefined;
  }
}

/** Finds the caller before the body is read. Credentials that are no good are refused on every route. */
export function authenticateRequests(
  fastify: FastifyInstance,
  authenticator: () => Authenticator,
  addresses: () => ClientAddresses,
): void {
  fastify.decorateRequest('caller', undefined);
  fastify.addHook('onRequest', (request, _reply, done) => {
    const access = authenticator();
    const authorization = authorizationOf(request);
    // No promise where everybody may do everything.
    if (access.isOpen && authorization === undefined) {
      request.caller = ANYONE;
      return done();
    }
    access.callerOf(authorization, addresses().of(request.raw)).then(
      (caller) => {
        request.caller = caller;
        done();
      },
      (error: unknown) => done(error as Error),
    );
  });
}

/** Browsers' clients of SignalR send their token in the query: a WebSocket and an EventSource have no headers there. */
export function authorizationOf({ headers, query, routeOptions: { url = '' } }: FastifyRequest): string | undefined {
  const { access_token: token } = query as { access_token?: unknown };
  const isInQuery = headers.authorization === undefined && url.startsWith('/hubs/') && typeof token === 'string';
  return isInQuery ? `Bearer ${token}` : headers.authorization;
}
