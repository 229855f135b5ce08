import { Controller, Get, Header } from '@nestjs/common';
import { DocumentedBy } from '../http/documented-by.decorator.js';
import { Metrics } from './metrics.js';
import { Needs } from '../access/needs.decorator.js';

@DocumentedBy(async () => (await import('./metrics.documentation.js')).metrics)
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Needs('platform:read')
  @Get()
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  scrape(): Promise<string> {
    return this.metrics.scrape();
  }
}
