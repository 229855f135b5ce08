import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Access } from './access.js';

/** Asks the rule of access for every route. The gateways ask it for every message. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly access: Access) {}

  canActivate(context: ExecutionContext): boolean {
    const { caller } = context.switchToHttp().getRequest<FastifyRequest>();
    if (context.getType() === 'http') this.access.demand(caller, [context.getHandler(), context.getClass()]);
    return true;
  }
}
