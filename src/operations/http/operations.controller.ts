import { Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyReply, FastifyRequest } from 'fastify';
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
import { type OperationView, type StartedOperationView, viewOf } from '../contract/operation-view.js';
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
import { OperationAnswers } from './operation-answers.js';
import { startOfToken } from './start-of-token.js';
import { Needs } from '../../access/needs.decorator.js';
import { checkedBy } from '../../http/checked-by.js';

@DocumentedBy(async () => (await import('./operations.documentation.js')).operations)
@Controller('api/operations')
export class OperationsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly trail: AuditTrail,
    private readonly watchTokens: WatchTokens,
    private readonly answers: OperationAnswers,
  ) {}

  @Needs('operations:start', { takesStartTokens: true })
  @Post()
  async start(
    @JsonBody(startBody, { optional: ({ caller }) => caller?.onlyStart !== undefined })
    body: z.output<typeof startBody>,
    @IdempotencyKey() ownKey: string | undefined,
    @PreferWait() waiting: Waiting | undefined,
    @RequestId() requestId: string,
    @Gone() gone: AbortSignal,
    @CalledBy() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StartedOperationView | undefined> {
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
    return this.answers.give({ operation: view, started: { replayed, watchToken }, waited: waiting }, reply);
  }

  @Needs('operations:read')
  @Get()
  async list(
    @Query(checkedBy(listQuery)) query: z.output<typeof listQuery>,
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
    @Query(checkedBy(statisticsQuery)) { minutes }: z.output<typeof statisticsQuery>,
    @CalledBy() { tenant }: Caller,
  ): Promise<OperationStatistics> {
    return this.queries.execute(new GetOperationStatistics(tenant, minutes));
  }

  @Needs('operations:inspect')
  @Get(':id/inspection')
  async inspect(
    @Param('id', checkedBy(operationId)) id: string,
    @CalledBy() { tenant }: Caller,
    @Req() request: FastifyRequest,
  ): Promise<OperationInspection> {
    await this.trail.record(actorOf(request), { action: 'operation.inspected', subject: `operation ${id}` });
    return this.queries.execute(new InspectOperation({ tenant, id }));
  }

  @Needs('operations:read')
  @Get(':id')
  async get(
    @Param('id', checkedBy(operationId)) id: string,
    @KnownVersions() knownVersions: number[],
    @PreferWait() waiting: Waiting | undefined,
    @Gone() gone: AbortSignal,
    @CalledBy() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OperationView | undefined> {
    const ref = refOf(caller, id);
    const view = waiting
      ? await this.wait(ref, { until: waiting.untilEnd ? 'end' : 'change', knownVersions }, waiting, gone, caller)
      : await this.queries.execute(new GetOperation(ref));
    return this.answers.give({ operation: view, waited: waiting }, reply);
  }

  @Needs('operations:cancel')
  @Post(':id/cancel')
  async cancel(
    @Param('id', checkedBy(operationId)) id: string,
    @CalledBy() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OperationView | undefined> {
    await this.trail.record(actorOf(request), { action: 'operation.cancel_requested', subject: `operation ${id}` });
    const operation = viewOf(await this.commands.execute(new CancelOperation(refOf(caller, id))));
    return this.answers.give({ operation }, reply);
  }

  @Needs('operations:read')
  @Post(':id/watch-token')
  async renewWatchToken(
    @Param('id', checkedBy(operationId)) id: string,
    @Query(checkedBy(watchTokenQuery)) { for: purpose }: z.output<typeof watchTokenQuery>,
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
    @Param('id', checkedBy(operationId)) id: string,
    @CalledBy() { tenant }: Caller,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    const act = { action: 'operation.watch_tokens_revoked', subject: `operation ${id}` } as const;
    await this.trail.record(actorOf(request), act);
    await this.commands.execute(new RevokeWatchTokens({ tenant, id }));
  }

  @Needs('operations:resolve')
  @Post(':id/resolve')
  async resolve(
    @Param('id', checkedBy(operationId)) id: string,
    @JsonBody(resolveBody) resolution: z.output<typeof resolveBody>,
    @CalledBy() { tenant, name, owner = name }: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OperationView | undefined> {
    const { by, reason, force, outcome } = resolution;
    const act = { action: 'operation.resolve_requested', subject: `operation ${id}` } as const;
    await this.trail.record(actorOf(request), { ...act, detail: { by, reason, force, status: outcome?.status } });
    const command = new ResolveOperation({ tenant, id }, resolution, { owner });
    return this.answers.give({ operation: viewOf(await this.commands.execute(command)) }, reply);
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
