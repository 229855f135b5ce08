import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { KindRegister } from '../kinds/kind-register.js';

const kindList = z
  .object({
    items: z.array(
      z.object({
        name: z.string().meta({ examples: ['payment.charge'] }),
        summary: z.string(),
        internal: z.boolean().meta({ description: 'The service alone starts it.' }),
      }),
    ),
  })
  .meta({ id: 'KindList' });

type KindList = z.output<typeof kindList>;

@ApiTags('operations')
@Controller('api/kinds')
export class KindsController {
  constructor(private readonly kinds: KindRegister) {}

  @Get()
  @ApiOperation({
    operationId: 'listKinds',
    summary: 'List the kinds of operations',
    description: 'All that this service knows, for a filter.',
  })
  @ApiResponse({ status: 200, description: 'The kinds.', standardSchema: kindList })
  list(): KindList {
    return { items: this.kinds.all().map(({ name, summary, internal = false }) => ({ name, summary, internal })) };
  }
}
