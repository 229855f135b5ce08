import { Controller, Get, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { DocumentedBy } from '../../http/documented-by.decorator.js';
import { pageOf } from '../../http/page.contract.js';
import { Needs } from '../needs.decorator.js';
import { actorOf, AuditTrail } from './audit-trail.js';
import { auditQuery } from './audit.contract.js';
import { checkedBy } from '../../http/checked-by.js';

@DocumentedBy(async () => (await import('./audit.documentation.js')).auditDocumentation)
@Controller('api/audit')
export class AuditController {
  constructor(private readonly trail: AuditTrail) {}

  @Needs('audit:read')
  @Get()
  async list(
    @Query(checkedBy(auditQuery)) { cursor, limit }: z.output<typeof auditQuery>,
    @Req() request: FastifyRequest,
  ) {
    return pageOf(await this.trail.list(actorOf(request).tenant, limit + 1, cursor), limit);
  }
}
