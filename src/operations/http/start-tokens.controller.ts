import { Controller, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { z } from 'zod';
import { CalledBy } from '../../access/called-by.decorator.js';
import type { Caller } from '../../access/caller.js';
import { Needs } from '../../access/needs.decorator.js';
import { DocumentedBy } from '../../http/documented-by.decorator.js';
import { JsonBody } from '../../http/json-body.decorator.js';
import { CreateStartToken } from '../commands/create-start-token.command.js';
import { type issuedStartToken, startBody } from '../contract/operation.contract.js';

@DocumentedBy(async () => (await import('./start-tokens.documentation.js')).startTokens)
@Controller('api/start-tokens')
export class StartTokensController {
  constructor(private readonly commands: CommandBus) {}

  @Needs('operations:start')
  @Post()
  create(
    @JsonBody(startBody) start: z.output<typeof startBody>,
    @CalledBy() caller: Caller,
  ): Promise<z.output<typeof issuedStartToken>> {
    return this.commands.execute(new CreateStartToken(caller, start));
  }
}
