import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config/config.js';
import { bare, isEveryAddress, isLoopback } from '../config/hosts.js';
import { isForThePlatform } from '../http/platform-routes.js';
import { HostNotAllowed, OriginNotAllowed } from './access-errors.js';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * Keeps foreign web pages from using the service through their visitors' browsers, which reach it on loopback and
 * behind a firewall. Other programs pass: they send neither Origin nor Sec-Fetch-Site.
 */
export class ForeignRequests {
  private readonly hosts: ReadonlySet<string>;
  private readonly origins: ReadonlySet<string>;
  /** Of the last request that passed: most requests name the same one. */
  private lastHost: string | undefined;

  constructor({ host, publicUrl, allowedHosts, allowedOrigins }: Config['http']) {
    const own = publicUrl ? [new URL(publicUrl)] : [];
    this.hosts = new Set([
      ...(isEveryAddress(host) ? [] : [host.toLowerCase()]),
      ...own.map(({ hostname }) => bare(hostname)),
      ...allowedHosts,
    ]);
    this.origins = new Set([...own.map(({ origin }) => origin), ...allowedOrigins]);
  }

  /** Against DNS rebinding: a page whose name was pointed here after it was loaded still sends that name as Host. */
  hostError({ host = '' }: IncomingHttpHeaders): HostNotAllowed | undefined {
    if (host === this.lastHost) return undefined;
    const name = bare(urlOf(`http://${host}`)?.hostname ?? '');
    if (!isLoopback(name) && !this.hosts.has(name)) return HostNotAllowed.found(host);
    this.lastHost = host;
    return undefined;
  }

  /**
   * A request that changes something or opens a socket must come from a page of this service, from an allowed origin,
   * or from no page at all.
   */
  originError({ origin, host, 'sec-fetch-site': site }: IncomingHttpHeaders): OriginNotAllowed | undefined {
    if (origin !== undefined && this.origins.has(origin)) return undefined;
    const isOwn =
      site === undefined ? origin === undefined || isOfHost(origin, host) : site === 'same-origin' || site === 'none';
    if (isOwn) return undefined;
    return OriginNotAllowed.found(origin);
  }
}

export function refuseForeignRequests(fastify: FastifyInstance, foreign: ForeignRequests): void {
  fastify.addHook('onRequest', ({ method, headers, routeOptions: { url = '' } }, _reply, done) => {
    const error =
      // What the platform asks tells a foreign page nothing of value.
      (isForThePlatform(url) ? undefined : foreign.hostError(headers)) ??
      (SAFE_METHODS.has(method) ? undefined : foreign.originError(headers));
    done(error);
  });
}

/** The scheme may differ: TLS often ends in front of the service. */
function isOfHost(origin: string, host = ''): boolean {
  const page = urlOf(origin);
  return page !== undefined && page.host === urlOf(`${page.protocol}//${host}`)?.host;
}

const urlOf = (text: string) => (URL.canParse(text) ? new URL(text) : undefined);
