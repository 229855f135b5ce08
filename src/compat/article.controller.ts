import { Controller, Get, HttpCode, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { CalledBy } from '../access/called-by.decorator.js';
import type { Caller } from '../access/caller.js';
import { WatchTokens } from '../access/tokens/watch-tokens.js';
import { DocumentedBy } from '../http/documented-by.decorator.js';
import { JsonBody } from '../http/json-body.decorator.js';
import { StartOperation, type StartRequest } from '../operations/commands/start-operation.command.js';
import { validated } from '../validation/validated.js';
import { startBody } from '../operations/contract/operation.contract.js';
import { refOf } from '../operations/contract/ref-of.js';
import { IdempotencyKey, RequestId } from '../operations/http/headers.decorator.js';
import { GetOperation } from '../operations/queries/get-operation.query.js';
import { sampleCharge } from '../payments/kinds/charge-input.js';
import { PaymentProviders } from '../payments/providers/payment-provider-register.js';
import { InvalidInput } from '../errors/invalid-input.js';
import { type ArticleStatus, statusQuery } from './article.contract.js';
import { Needs } from '../access/needs.decorator.js';
import { checkedBy } from '../http/checked-by.js';

const MOST_NOTED = 500;

/** The two routes of the article from which this service originated, for pages written against them. */
@DocumentedBy(async () => (await import('./article.documentation.js')).article)
@Controller('api')
export class ArticleController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly providers: PaymentProviders,
    private readonly watchTokens: WatchTokens,
  ) {}

  @Needs('operations:start')
  @Post('startOperation')
  @HttpCode(202)
  async start(
    @JsonBody(z.unknown(), { text: true, optional: true }) body: unknown,
    @IdempotencyKey() idempotencyKey: string | undefined,
    @RequestId() requestId: string,
    @CalledBy() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ operationId: string; watchToken?: string }> {
    const request = await this.requestOf(body, caller);
    const { operation, replayed } = await this.commands.execute(
      new StartOperation(request, { by: caller, idempotencyKey, requestId }),
    );
    if (replayed) void reply.header('Idempotent-Replayed', 'true');
    const watchToken = this.watchTokens.issue(operation, caller);
    return { operationId: operation.id, ...(watchToken !== undefined && { watchToken }) };
  }

  @Needs('operations:read')
  @Get('checkStatus')
  async check(
    @Query(checkedBy(statusQuery)) { operationId: id }: z.output<typeof statusQuery>,
    @CalledBy() caller: Caller,
  ): Promise<ArticleStatus> {
    const { done, status, result, failure } = await this.queries.execute(new GetOperation(refOf(caller, id)));
    if (!done) return { status: 'pending' };
    if (status === 'success') return { status, result };
    return {
      status: 'failed',
      failure: failure ?? {
        code: status,
        message: `The operation was ${status} before it took effect.`,
        retryable: true,
      },
    };
  }

  /**
   * A request with a `kind` is the body of POST /api/operations. Any other request is the page's own data: the service
   * starts the sample and stores the data as metadata.
   */
  private async requestOf(given: unknown, { tenant }: Caller): Promise<StartRequest> {
    if (typeof given === 'object' && given !== null && 'kind' in given) return validated(startBody, given);
    const { live, paymentMethods } = await this.providers.chosenFor(tenant);
    if (live)
      throw InvalidInput.because([
        {
          path: 'kind',
          message:
            'expected, such as payment.charge: without it a sample charge would start, and here real money moves',
        },
      ]);
    return {
      kind: 'payment.charge',
      input: sampleCharge(paymentMethods),
      metadata: given === undefined || given === null ? {} : { body: noted(given) },
      sent: given,
    };
  }
}

/** As text, cut to the longest metadata value; never within a character. */
function noted(given: unknown): string {
  return JSON.stringify(given)
    .slice(0, MOST_NOTED)
    .replace(/\p{Surrogate}$/u, '');
}
