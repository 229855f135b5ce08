import { Controller, Get, HttpCode, HttpStatus, Param, Post, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { JsonBody } from '../../http/json-body.decorator.js';
import { RouteNotFound } from '../../problems/request-errors.js';
import { PaymentNotFound } from '../providers/provider-errors.js';
import { AnswerSandbox } from '../providers/sandbox/answer-sandbox.command.js';
import { FindSandboxCharge } from '../providers/sandbox/find-sandbox-charge.query.js';
import { headersOf, notFoundPage, sandboxPage } from './sandbox-page.js';
import { NeedsNothing } from '../../access/needs.decorator.js';

/** The format of the sandbox ledger's tokens. */
const TOKEN = /^[\da-f]{32}$/;

const confirmation = z.strictObject({ clientSecret: z.string().min(1).max(100), approve: z.boolean() });

/**
 * Simulates the bank's page and the provider's script in the shop's page, where a customer approves or refuses a
 * charge.
 */
@NeedsNothing('its address or body has a secret of the charge')
@Controller('sandbox')
export class SandboxPageController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get('authenticate/:token')
  async page(@Param('token') token: string, @Res() reply: FastifyReply): Promise<void> {
    const charge = TOKEN.test(token) ? await this.queries.execute(new FindSandboxCharge(token)) : undefined;
    if (!charge) return notFound(reply);
    await reply.headers(headersOf(charge.returnUrl)).send(sandboxPage(charge));
  }

  @Post('authenticate/:token/:answer')
  async answer(
    @Param('token') token: string,
    @Param('answer') answer: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (answer !== 'approve' && answer !== 'refuse')
      throw RouteNotFound.because('Expected approve or refuse at the end of the address.');
    const charge = TOKEN.test(token)
      ? await this.commands.execute(new AnswerSandbox(token, answer === 'approve'))
      : undefined;
    if (!charge) return notFound(reply);
    const back = charge.returnUrl ? new URL(charge.returnUrl).href : `../${token}`;
    // See Other: a reload does not answer twice.
    await reply.status(HttpStatus.SEE_OTHER).header('Location', back).send();
  }

  @Post('confirmations')
  @HttpCode(HttpStatus.NO_CONTENT)
  async confirm(@JsonBody(confirmation) { clientSecret, approve }: z.output<typeof confirmation>): Promise<void> {
    const charge = await this.commands.execute(new AnswerSandbox(clientSecret, approve));
    if (!charge) throw PaymentNotFound.because('The sandbox has no payment with this clientSecret.');
  }
}

async function notFound(reply: FastifyReply): Promise<void> {
  await reply.status(HttpStatus.NOT_FOUND).headers(headersOf(null)).send(notFoundPage());
}
