import { type ArgumentsHost, Catch, Injectable, Logger } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { validate as isUuid } from 'uuid';
import { Database } from '../../database/database.js';
import { ProblemFilter } from '../../problems/problem.filter.js';
import { RefusedRequests } from '../../problems/refused-requests.js';
import { MINUTES } from '../../time/durations.js';
import { CredentialsMissing, ScopeMissing } from '../access-errors.js';
import type { GrantedScope } from '../scopes.js';
import { actorOf, AuditTrail } from './audit-trail.js';

const AUDITED: ReadonlySet<GrantedScope | undefined> = new Set<GrantedScope>([
  'keys:manage',
  'operations:cancel',
  'operations:inspect',
  'operations:resolve',
  'payments:refund',
  'webhooks:manage',
]);

/** A stranger, who is of no tenant, appears in the trail of the first. */
const STRANGER = { name: 'somebody without credentials' };

/**
 * Writes down refused attempts at what the audit trail tells of; for each caller and route one a minute, whatever they
 * name, so that who repeats one without end does not fill the trail. The answer does not wait for it.
 */
@Injectable()
@Catch(ScopeMissing, CredentialsMissing)
export class DeniedAttemptsFilter extends ProblemFilter {
  private readonly log = new Logger(DeniedAttemptsFilter.name);
  private readonly recent = new LRUCache<string, true>({ max: 10_000, ttl: 1 * MINUTES });

  constructor(
    private readonly trail: AuditTrail,
    private readonly database: Database,
    refusedRequests: RefusedRequests,
  ) {
    super(refusedRequests);
  }

  override catch(error: ScopeMissing | CredentialsMissing, host: ArgumentsHost): void {
    if (AUDITED.has(error.scope)) this.record(error, host.switchToHttp().getRequest<FastifyRequest>());
    super.catch(error, host);
  }

  private record({ scope, code }: ScopeMissing | CredentialsMissing, request: FastifyRequest): void {
    const { caller, method, routeOptions, params } = request;
    const { id } = (params ?? {}) as { id?: string };
    const subject = `${method} ${routeOptions.url}`;
    const attempt = caller ? `${caller.tenant} ${caller.name} ${subject}` : subject;
    if (this.recent.has(attempt)) return;
    this.recent.set(attempt, true);
    const actor = { ...actorOf(request), ...(!caller && STRANGER) };
    const detail = { code, scope, ...(isUuid(id) && { id }) };
    this.trail
      .record(actor, { action: 'access.refused', subject, detail }, this.database.relaxed)
      .catch((err: unknown) => this.log.error({ msg: 'a denied attempt is not in the audit trail', subject, err }));
  }
}
