import { Controller, HttpCode, HttpStatus, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { JsonBody } from '../../http/json-body.decorator.js';
import { RouteNotFound } from '../../problems/request-errors.js';
import { amount as positive } from '../providers/money.js';
import { ActInDashboard, DASHBOARD_ACTS } from '../providers/sandbox/act-in-dashboard.command.js';
import { Needs } from '../../access/needs.decorator.js';

/** In the minor unit; absent: everything left. */
const body = z.strictObject({ amount: positive.optional() }).prefault({});
const act = z.enum(DASHBOARD_ACTS);

/** Simulates the provider's dashboard and the cardholder's bank, which move a charge's money without this service. */
@Needs('payments:refund')
@Controller('sandbox/charges')
export class SandboxDashboardController {
  constructor(private readonly commands: CommandBus) {}

  @Post(':charge/:act')
  @HttpCode(HttpStatus.OK)
  async move(
    @Param('charge') charge: string,
    @Param('act') named: string,
    @JsonBody(body, { optional: true }) { amount }: z.output<typeof body>,
  ) {
    const what = act.safeParse(named);
    if (!what.success)
      throw RouteNotFound.because(
        `Expected one of ${DASHBOARD_ACTS.join(', ')} at the end of the address, found "${named}".`,
      );
    const movement = await this.commands.execute(new ActInDashboard({ charge, act: what.data, amount }));
    if (!movement) return {};
    const { type, reference, amount: moved, declineCode } = movement;
    return { type, reference, amount: moved, declined: declineCode };
  }
}
