import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { DocumentedBy } from '../http/documented-by.decorator.js';
import { type Health, Readiness } from './readiness.js';
import { NeedsNothing } from '../access/needs.decorator.js';

@DocumentedBy(async () => (await import('./health.documentation.js')).health)
@NeedsNothing('the platform asks before anything else works')
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('live')
  live(): Health {
    return { status: 'ok', checks: {} };
  }

  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Health> {
    const health = await this.readiness.check();
    void reply.status(health.status === 'ok' ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE);
    return health;
  }
}
