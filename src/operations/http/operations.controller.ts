import { Controller, Get, HttpCode, HttpStatus, Param, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Clock } from '../../clock/clock.js';
import { JsonBody } from '../../http/json-body.js';
import { CancelOperation } from '../commands/cancel-operation.command.js';
import { ResolveOperation } from '../commands/resolve-operation.command.js';
import { StartOperation } from '../commands/start-operation.command.js';
import { GetOperation } from '../queries/get-operation.query.js';
import { InspectOperation, type OperationInspection } from '../queries/inspect-operation.query.js';
import { ListOperations } from '../queries/list-operations.query.js';
import { GetOperationStatistics, type OperationStatistics } from '../queries/operation-statistics.query.js';
import { type OperationView, viewOf } from '../contract/operation-view.js';
import { type WaitFor, WaitForOperation } from '../feed/wait-for-operation.query.js';
import {
  cursorOf,
  listQuery,
  operationId,
  resolveBody,
  startBody,
  statisticsQuery,
} from '../contract/operation.contract.js';
import {
  DescribeCancel,
  DescribeGet,
  DescribeInspect,
  DescribeList,
  DescribeResolve,
  DescribeStart,
  DescribeStatistics,
} from './operations.documentation.js';
import {
  describe,
  Gone,
  IdempotencyKey,
  PreferWait,
  RequestId,
  SeenVersions,
  toMilliseconds,
  type Waiting,
} from './headers.js';

@ApiTags('operations')
@Controller('api/operations')
export class OperationsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  @Post()
  @DescribeStart()
  async start(
    @JsonBody(startBody) body: z.output<typeof startBody>,
    @IdempotencyKey() idempotencyKey: string | undefined,
    @PreferWait() waiting: Waiting | undefined,
    @RequestId() requestId: string,
    @Gone() gone: AbortSignal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OperationView> {
    const { operation, replayed } = await this.commands.execute(
      new StartOperation({ ...body, idempotencyKey, requestId }),
    );
    if (replayed) void reply.header('Idempotent-Replayed', 'true');
    const view = waiting
      ? await this.wait(operation.id, { until: 'end', seen: [] }, waiting, gone, reply)
      : viewOf(operation);
    void reply.status(view.done ? HttpStatus.OK : HttpStatus.ACCEPTED).header('Location', `/api/operations/${view.id}`);
    describe(reply, view, this.clock.now());
    return view;
  }

  @Get()
  @DescribeList()
  async list(
    @Query({ schema: listQuery }) query: z.output<typeof listQuery>,
  ): Promise<{ items: OperationView[]; nextCursor: string | null }> {
    const { cursor, ...filter } = query;
    const { items, last } = await this.queries.execute(new ListOperations({ ...filter, after: cursor }));
    return { items, nextCursor: last && cursorOf(last) };
  }

  @Get('statistics')
  @DescribeStatistics()
  statistics(
    @Query({ schema: statisticsQuery }) { minutes }: z.output<typeof statisticsQuery>,
  ): Promise<OperationStatistics> {
    return this.queries.execute(new GetOperationStatistics(minutes));
  }

  @Get(':id/inspection')
  @DescribeInspect()
  inspect(@Param('id', { schema: operationId }) id: string): Promise<OperationInspection> {
    return this.queries.execute(new InspectOperation(id));
  }

  @Get(':id')
  @DescribeGet()
  async get(
    @Param('id', { schema: operationId }) id: string,
    @SeenVersions() seen: number[],
    @PreferWait() waiting: Waiting | undefined,
    @Gone() gone: AbortSignal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OperationView | undefined> {
    const view = waiting
      ? await this.wait(id, { until: waiting.untilEnd ? 'end' : 'news', seen }, waiting, gone, reply)
      : await this.queries.execute(new GetOperation(id));
    describe(reply, view, this.clock.now());
    if (!seen.includes(view.version)) return view;
    void reply.status(HttpStatus.NOT_MODIFIED);
    return undefined;
  }

  @Post(':id/cancel')
  @DescribeCancel()
  async cancel(
    @Param('id', { schema: operationId }) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OperationView> {
    const view = viewOf(await this.commands.execute(new CancelOperation(id)));
    void reply.status(view.done ? HttpStatus.OK : HttpStatus.ACCEPTED);
    describe(reply, view, this.clock.now());
    return view;
  }

  @Post(':id/resolve')
  @HttpCode(HttpStatus.OK)
  @DescribeResolve()
  async resolve(
    @Param('id', { schema: operationId }) id: string,
    @JsonBody(resolveBody) resolution: z.output<typeof resolveBody>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OperationView> {
    const view = viewOf(await this.commands.execute(new ResolveOperation(id, resolution)));
    describe(reply, view, this.clock.now());
    return view;
  }

  private wait(
    id: string,
    waitFor: WaitFor,
    { seconds, untilEnd }: Waiting,
    gone: AbortSignal,
    reply: FastifyReply,
  ): Promise<OperationView> {
    void reply.header('Preference-Applied', `wait=${seconds}${untilEnd ? ', until=end' : ''}`);
    return this.queries.execute(new WaitForOperation(id, waitFor, toMilliseconds(seconds), gone));
  }
}
