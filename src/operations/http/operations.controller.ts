import { Controller, Get, HttpCode, Param, Post, Query, Req, UseInterceptors } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { actorOf, AuditTrail } from '../../access/audit/audit-trail.js';
import { CalledBy } from '../../access/called-by.decorator.js';
import { ScopeMissing } from '../../access/access-errors.js';
import type { Caller } from '../../access/caller.js';
import { WatchTokens } from '../../access/tokens/watch-tokens.js';
import { OperationAlreadyEnded } from '../domain/operation-errors.js';
import { refOf } from '../contract/ref-of.js';
import { visibleTo } from '../contract/visible-to.js';
import { DocumentedBy } from '../../http/documented-by.decorator.js';
import { JsonBody } from '../../http/json-body.decorator.js';
import { CancelOperation } from '../commands/cancel-operation.command.js';
import { ResolveOperation } from '../commands/resolve-operation.command.js';
import { RevokeWatchTokens } from '../commands/revoke-watch-tokens.command.js';
import { StartOperation } from '../commands/start-operation.command.js';
import type { OperationRef } from '../domain/operation.js';
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
  type renewedWatchToken,
  resolveBody,
  startBody,
  statisticsQuery,
  watchTokenQuery,
} from '../contract/operation.contract.js';
import {
  Gone,
  IdempotencyKey,
  PreferWait,
  RequestId,
  KnownVersions,
  toMilliseconds,
  type Waiting,
} from './headers.decorator.js';
import { type OperationAnswer, OperationAnswerInterceptor } from './operation-answer.interceptor.js';
import { startOfToken } from './start-of-token.js';
import { Needs } from '../../access/needs.decorator.js';

@DocumentedBy(async () => (await import('./operations.documentation.js')).operations)
@Controller('api/operations')
export class OperationsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly trail: AuditTrail,
    private readonly watchTokens: WatchTokens,
  ) {}

  @Needs('operations:start', { takesStartTokens: true })
  @Post()
  @UseInterceptors(OperationAnswerInterceptor)
  async start(
    @JsonBody(startBody, { optional: ({ caller }) => caller?.onlyStart !== undefined })
    body: z.output<typeof startBody>,
    @IdempotencyKey() ownKey: string | undefined,
    @PreferWait() waiting: Waiting | undefined,
    @RequestId() requestId: string,
    @Gone() gone: AbortSignal,
    @CalledBy() caller: Caller,
  ): Promise<OperationAnswer> {
    const { onlyStart } = caller;
    const start = onlyStart ? startOfToken(onlyStart, body) : body;
    const idempotencyKey = onlyStart?.idempotencyKey ?? ownKey;
    const { operation, replayed } = await this.commands.execute(
      new StartOperation(start, { by: caller, idempotencyKey, requestId }),
    );
    const view = waiting
      ? await this.wait(operation, { until: 'end', knownVersions: [] }, waiting, gone)
      : viewOf(operation);
    const watchToken = this.watchTokens.issue(operation, caller, start.cancelable);
    return { operation: view, started: { replayed, watchToken }, waited: waiting };
  }

  @Needs('operations:read')
  @Get()
  async list(
    @Query({ schema: listQuery }) query: z.output<typeof listQuery>,
    @CalledBy() caller: Caller,
  ): Promise<{ items: OperationView[]; nextCursor: string | null }> {
    const { tenant } = caller;
    const { cursor, ...filter } = query;
    const { items, last } = await this.queries.execute(new ListOperations({ ...filter, tenant, after: cursor }));
    return { items: items.map((item) => visibleTo(caller, item)), nextCursor: last && cursorOf(last) };
  }

  @Needs('operations:read')
  @Get('statistics')
  statistics(
    @Query({ schema: statisticsQuery }) { minutes }: z.output<typeof statisticsQuery>,
    @CalledBy() { tenant }: Caller,
  ): Promise<OperationStatistics> {
    return this.queries.execute(new GetOperationStatistics(tenant, minutes));
  }

  @Needs('operations:inspect')
  @Get(':id/inspection')
  async inspect(
    @Param('id', { schema: operationId }) id: string,
    @CalledBy() { tenant }: Caller,
    @Req() request: FastifyRequest,
  ): Promise<OperationInspection> {
    await this.trail.record(actorOf(request), { action: 'operation.inspected', subject: `operation ${id}` });
    return this.queries.execute(new InspectOperation({ tenant, id }));
  }

  @Needs('operations:read')
  @Get(':id')
  @UseInterceptors(OperationAnswerInterceptor)
  async get(
    @Param('id', { schema: operationId }) id: string,
    @KnownVersions() knownVersions: number[],
    @PreferWait() waiting: Waiting | undefined,
    @Gone() gone: AbortSignal,
    @CalledBy() caller: Caller,
  ): Promise<OperationAnswer> {
    const ref = refOf(caller, id);
    const view = waiting
      ? await this.wait(ref, { until: waiting.untilEnd ? 'end' : 'change', knownVersions }, waiting, gone, caller)
      : await this.queries.execute(new GetOperation(ref));
    return { operation: view, waited: waiting };
  }

  @Needs('operations:cancel')
  @Post(':id/cancel')
  @UseInterceptors(OperationAnswerInterceptor)
  async cancel(
    @Param('id', { schema: operationId }) id: string,
    @CalledBy() caller: Caller,
    @Req() request: FastifyRequest,
  ): Promise<OperationAnswer> {
    await this.trail.record(actorOf(request), { action: 'operation.cancel_requested', subject: `operation ${id}` });
    return { operation: viewOf(await this.commands.execute(new CancelOperation(refOf(caller, id)))) };
  }

  @Needs('operations:read')
  @Post(':id/watch-token')
  async renewWatchToken(
    @Param('id', { schema: operationId }) id: string,
    @Query({ schema: watchTokenQuery }) { for: purpose }: z.output<typeof watchTokenQuery>,
    @CalledBy() caller: Caller,
  ): Promise<z.output<typeof renewedWatchToken>> {
    const { tenant } = caller;
    const { done, status, createdAt } = await this.queries.execute(new GetOperation(refOf(caller, id)));
    if (caller.operationId === undefined) throw ScopeMissing.noWatchToken();
    if (done) throw OperationAlreadyEnded.withId(id, status);
    const watched = { id, tenant, createdAt: new Date(createdAt) };
    return this.watchTokens.renew(watched, caller, purpose === 'event-source');
  }

  @Needs('operations:revoke_tokens')
  @Post(':id/watch-tokens/revoke')
  @HttpCode(204)
  async revokeWatchTokens(
    @Param('id', { schema: operationId }) id: string,
    @CalledBy() { tenant }: Caller,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    const act = { action: 'operation.watch_tokens_revoked', subject: `operation ${id}` } as const;
    await this.trail.record(actorOf(request), act);
    await this.commands.execute(new RevokeWatchTokens({ tenant, id }));
  }

  @Needs('operations:resolve')
  @Post(':id/resolve')
  @UseInterceptors(OperationAnswerInterceptor)
  async resolve(
    @Param('id', { schema: operationId }) id: string,
    @JsonBody(resolveBody) resolution: z.output<typeof resolveBody>,
    @CalledBy() { tenant, name, owner = name }: Caller,
    @Req() request: FastifyRequest,
  ): Promise<OperationAnswer> {
    const { by, reason, force, outcome } = resolution;
    const act = { action: 'operation.resolve_requested', subject: `operation ${id}` } as const;
    await this.trail.record(actorOf(request), { ...act, detail: { by, reason, force, status: outcome?.status } });
    const command = new ResolveOperation({ tenant, id }, resolution, { owner });
    return { operation: viewOf(await this.commands.execute(command)) };
  }

  private wait(
    { id, tenant, generation }: OperationRef,
    waitFor: WaitFor,
    { seconds }: Waiting,
    gone: AbortSignal,
    reader?: Caller,
  ): Promise<OperationView> {
    const ref = { id, tenant, generation };
    return this.queries.execute(new WaitForOperation(ref, waitFor, toMilliseconds(seconds), gone, reader));
  }
}
