import { Controller, Get } from '@nestjs/common';
import { DocumentedBy } from '../../http/documented-by.decorator.js';
import { KindRegister } from '../kinds/kind-register.js';
import type { KindList } from './kinds.contract.js';
import { Needs } from '../../access/needs.decorator.js';

@DocumentedBy(async () => (await import('./kinds.documentation.js')).kinds)
@Controller('api/kinds')
export class KindsController {
  constructor(private readonly kinds: KindRegister) {}

  @Needs('operations:read')
  @Get()
  list(): KindList {
    return { items: this.kinds.all().map(({ name, summary, internal = false }) => ({ name, summary, internal })) };
  }
}
