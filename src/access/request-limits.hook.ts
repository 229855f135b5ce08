import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.js';
import { isForThePlatform } from '../http/platform-routes.js';
import { authorizationOf } from './authentication.hook.js';
import { ANYONE, type Caller } from './caller.js';
import type { ClientAddresses } from './limits/client-addresses.js';
import type { RateLimitName } from './limits/rate-limit.js';
import type { RequestLimits } from './limits/request-limits.js';

/** Many come from few addresses, and prove themselves by a signature. */
const FROM_PROVIDERS = /^\/api\/providers\//;
const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

interface Limiting {
  limits: RequestLimits;
  addresses: ClientAddresses;
}

/** No hook where there is no limit, so that it costs nothing. */
const areOff = (limits: Config['limits']) => Object.values(limits).every((limit) => limit === 0);

/** Requests without credentials, by address. Where access is open, they are all. */
export function limitAnonymousRequests(
  fastify: FastifyInstance,
  { limits: config, access }: Pick<Config, 'limits' | 'access'>,
  limiting: () => Limiting,
): void {
  if (areOff(config)) return;
  fastify.addHook('onRequest', (request, reply, done) => {
    const { url = '' } = request.routeOptions;
    // Credentials say nothing where nobody looks at them.
    const isByCaller = !access.isOpen && authorizationOf(request) !== undefined;
    // The platform's probes share addresses with everybody behind a load balancer.
    if (isForThePlatform(url) || isByCaller) return done();
    const name = FROM_PROVIDERS.test(url) ? 'reads' : 'anonymous';
    take(limiting(), name, request, reply).then(() => done(), done);
  });
}

/** Requests with credentials, by caller; and those that wait or stream. To be added after the caller is known. */
export function limitCallers(fastify: FastifyInstance, config: Config['limits'], limiting: () => Limiting): void {
  if (areOff(config)) return;
  fastify.addHook('onRequest', async (request, reply) => {
    const { limits, addresses } = limiting();
    const { caller, raw } = request;
    if (caller && caller !== ANYONE) await take({ limits, addresses }, rateOf(request), request, reply);
    if (mayTakeLong(request)) reply.raw.once('close', limits.hold(clientOf(caller) ?? addresses.of(raw)));
  });
}

/** Requests with credentials that are refused, by address: so many may be tried as may be read. */
export function refusedRequestsLimit(
  config: Config['limits'],
  limiting: () => Limiting,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  if (areOff(config)) return () => Promise.resolve();
  return (request, reply) => take(limiting(), 'reads', request, reply);
}

const rateOf = ({ method }: FastifyRequest): RateLimitName => (READS.has(method) ? 'reads' : 'starts');

async function take(
  { limits, addresses }: Limiting,
  name: RateLimitName,
  { caller, raw }: FastifyRequest,
  reply: FastifyReply,
) {
  const taken = await limits.rate(name)?.take(clientOf(caller) ?? addresses.of(raw));
  if (!taken) return;
  void reply.headers(taken.headers);
  if (taken.error) throw taken.error;
}

const clientOf = (caller: Caller | undefined) =>
  caller && caller !== ANYONE ? `${caller.tenant} ${caller.name} ${caller.operationId ?? ''}` : undefined;

function mayTakeLong({ method, headers, routeOptions: { url } }: FastifyRequest): boolean {
  const prefer = String(headers.prefer ?? '');
  return (
    /\bwait\b/i.test(prefer) ||
    (method === 'GET' && (/event-stream/i.test(headers.accept ?? '') || url === '/hubs/operations'))
  );
}
