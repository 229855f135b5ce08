import { Controller, Get, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CONFIG, type Config } from '../config/config.js';
import { DocumentedBy } from '../http/documented-by.decorator.js';
import type { CallerView } from './caller.contract.js';
import { NeedsNothing } from './needs.decorator.js';

@DocumentedBy(async () => (await import('./caller.documentation.js')).callerDocumentation)
@Controller('api/caller')
export class CallerController {
  constructor(@Inject(CONFIG.access) private readonly config: Config['access']) {}

  @NeedsNothing('it tells a page whether to ask for credentials')
  @Get()
  get(@Req() { caller }: FastifyRequest): CallerView {
    const { isOpen, takesKeys, takesJwt } = this.config;
    return {
      access: isOpen ? 'open' : 'closed',
      accepts: [...(takesKeys ? (['keys'] as const) : []), ...(takesJwt ? (['jwt'] as const) : [])],
      caller: caller ? { tenant: caller.tenant, name: caller.name, scopes: [...caller.scopes] } : null,
    };
  }
}
