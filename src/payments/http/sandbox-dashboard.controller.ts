import { Controller, HttpCode, HttpStatus, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiExcludeController } from '@nestjs/swagger';
import { z } from 'zod';
import { JsonBody } from '../../http/json-body.js';
import { Problem } from '../../problems/problem.js';
import { TerminalError } from '../../operations/kinds/outcome.js';
import { amount } from '../providers/money.js';
import { ActInDashboard, DASHBOARD_ACTS } from '../providers/sandbox/act-in-dashboard.command.js';

const body = z.strictObject({ amount: amount.optional() });
const act = z.enum(DASHBOARD_ACTS);

/** Plays the provider's dashboard and the cardholder's bank, which move a charge's money without this service. */
@ApiExcludeController()
@Controller('sandbox/charges')
export class SandboxDashboardController {
  constructor(private readonly commands: CommandBus) {}

  @Post(':charge/:act')
  @HttpCode(HttpStatus.OK)
  async move(
    @Param('charge') charge: string,
    @Param('act') named: string,
    @JsonBody({ optional: true }) given: unknown,
  ) {
    const what = act.safeParse(named);
    if (!what.success)
      throw new Problem(
        'route_not_found',
        `Expected one of ${DASHBOARD_ACTS.join(', ')} at the end of the address, found "${named}".`,
      );
    const asked = body.safeParse(given ?? {});
    if (!asked.success)
      throw new Problem('invalid_body', 'Expected {"amount": …} in the minor unit, or {} for all that there is.');
    const request = { charge, act: what.data, amount: asked.data.amount };
    const movement = await this.commands.execute(new ActInDashboard(request)).catch((error: unknown) => {
      if (error instanceof TerminalError) throw new Problem('payment_not_found', error.message);
      throw error;
    });
    if (!movement) return {};
    const { type, reference, amount, declineCode } = movement;
    return { type, reference, amount, declined: declineCode };
  }
}
