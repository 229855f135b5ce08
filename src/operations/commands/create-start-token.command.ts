import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { z } from 'zod';
import { type Caller, startScopeOf } from '../../access/caller.js';
import { StartTokens } from '../../access/tokens/start-tokens.js';
import { validated } from '../../validation/validated.js';
import type { issuedStartToken, startBody } from '../contract/operation.contract.js';
import { KindRegister } from '../kinds/kind-register.js';

/**
 * Makes a token that allows exactly this start, which is checked as if it were started now.
 * @throws UnknownKind, ScopeMissing, InvalidInput, and the errors of the kind's `admit`
 */
export class CreateStartToken extends Command<z.output<typeof issuedStartToken>> {
  constructor(
    readonly caller: Caller,
    readonly start: z.output<typeof startBody>,
  ) {
    super();
  }
}

@CommandHandler(CreateStartToken)
export class CreateStartTokenHandler implements ICommandHandler<CreateStartToken> {
  constructor(
    private readonly kinds: KindRegister,
    private readonly tokens: StartTokens,
  ) {}

  async execute({ caller, start }: CreateStartToken): Promise<z.output<typeof issuedStartToken>> {
    const kind = this.kinds.getFor(caller, start.kind);
    const input = validated(kind.input, start.input, { at: ['input'] });
    await kind.handler.admit?.(input, caller.tenant);
    const scopes = [startScopeOf(kind.name), ...(kind.needs ? [kind.needs] : [])];
    return this.tokens.issue(caller, start, scopes);
  }
}
