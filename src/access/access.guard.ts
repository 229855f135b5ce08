import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Access } from './access.js';

/** Asks the rule of access for every route. The gateways ask it for every message. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly access: Access) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    this.access.demand(request.caller, [context.getHandler(), context.getClass()], operationOf(request));
    return true;
  }
}

/** The operation that a request names in its path or query. */
function operationOf({ params, query }: FastifyRequest): string | undefined {
  const { id, chargeOperationId } = (params ?? {}) as Record<string, string | undefined>;
  const { operationId } = (query ?? {}) as Record<string, unknown>;
  return id ?? chargeOperationId ?? (typeof operationId === 'string' ? operationId : undefined);
}
