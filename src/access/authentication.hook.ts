import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { CredentialsExpired, CredentialsInvalid } from './access-errors.js';
import type { Authenticator } from './authenticator.js';
import { ANYONE, type Caller } from './caller.js';
import type { ClientAddresses } from './limits/client-addresses.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined where access is closed and the request carries no credentials. */
    caller: Caller | undefined;
  }
}

/**
 * Finds the caller before the body is read. Credentials that are no good are refused on every route.
 * @param limitRefused rejects a request, whose credentials are refused, that is one too many
 */
export function authenticateRequests(
  fastify: FastifyInstance,
  authenticator: () => Authenticator,
  addresses: () => ClientAddresses,
  limitRefused: (request: FastifyRequest, reply: FastifyReply) => Promise<void>,
): void {
  fastify.decorateRequest('caller', undefined);
  fastify.addHook('onRequest', (request, reply, done) => {
    const access = authenticator();
    const authorization = authorizationOf(request);
    // No promise where everybody may do everything.
    if (access.isOpen && authorization === undefined) {
      request.caller = ANYONE;
      return done();
    }
    const isInAddress = watchTokenInAddress(request) !== undefined;
    access.callerOf(authorization, addresses().of(request.raw)).then(
      (caller) => {
        request.caller = caller;
        // Addresses are kept in histories and logs: only what shows the least may stand in one.
        done(isInAddress && !access.isOpen && !caller?.onlyEvents ? CredentialsInvalid.found() : undefined);
      },
      (error: unknown) =>
        limitRefused(request, reply).then(() => {
          // An EventSource comes back with the same address for ever, unless the answer says that there is no more.
          if (isInAddress && error instanceof CredentialsExpired) void reply.status(204).send();
          else done(error as Error);
        }, done),
    );
  });
}

const EVENTS = '/api/operations/:id/events';

/** A browser's EventSource has no headers: it sends a token that follows these events alone. */
function watchTokenInAddress({ headers, query, routeOptions: { url } }: FastifyRequest): string | undefined {
  const { watch } = query as { watch?: unknown };
  const isInAddress = url === EVENTS && headers.authorization === undefined && typeof watch === 'string';
  return isInAddress ? watch : undefined;
}

/** Browsers' clients of SignalR send their token in the query: a WebSocket and an EventSource have no headers there. */
export function authorizationOf(request: FastifyRequest): string | undefined {
  const watchToken = watchTokenInAddress(request);
  if (watchToken !== undefined) return `Bearer ${watchToken}`;
  const {
    headers,
    query,
    routeOptions: { url = '' },
  } = request;
  const { access_token: token } = query as { access_token?: unknown };
  const isInQuery = headers.authorization === undefined && url.startsWith('/hubs/') && typeof token === 'string';
  return isInQuery ? `Bearer ${token}` : headers.authorization;
}
