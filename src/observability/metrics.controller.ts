import { Controller, Get, Header } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Metrics } from './metrics.js';

@ApiTags('for the platform')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @ApiOperation({ operationId: 'metrics', summary: 'Metrics in the Prometheus text format' })
  @ApiProduces('text/plain')
  @ApiResponse({
    status: 200,
    description:
      'Counters, durations, queue depth and the process. What is read from the database is left out while that is away.',
    content: { 'text/plain': { schema: { type: 'string' } } },
  })
  scrape(): Promise<string> {
    return this.metrics.scrape();
  }
}
