import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { type Health, healthDocument, Readiness } from './readiness.js';

@ApiTags('for the platform')
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('live')
  @ApiOperation({ operationId: 'live', summary: 'Whether the process answers' })
  @ApiResponse({ status: 200, description: 'It does.', standardSchema: healthDocument })
  live(): Health {
    return { status: 'ok', checks: {} };
  }

  @Get('ready')
  @ApiOperation({
    operationId: 'ready',
    summary: 'Whether it can do its work',
    description:
      'The database takes a write; its tables are up to date; the queue answers. The latter two are looked at only where the first holds.',
  })
  @ApiResponse({ status: 200, description: 'It can.', standardSchema: healthDocument })
  @ApiResponse({ status: 503, description: 'It cannot; `checks` says why.', standardSchema: healthDocument })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Health> {
    const health = await this.readiness.check();
    void reply.status(health.status === 'ok' ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE);
    return health;
  }
}
