import { Controller, Get, Headers, Param, Query, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { CalledBy } from '../../access/called-by.decorator.js';
import type { Caller } from '../../access/caller.js';
import { DocumentedBy } from '../../http/documented-by.decorator.js';
import type { OperationRef } from '../../operations/domain/operation.js';
import { GetHistory } from '../../operations/queries/get-history.query.js';
import { OperationFollowers } from '../../operations/feed/operation-follower.js';
import { InvalidParameter } from '../../errors/invalid-input.js';
import { refOf } from '../../operations/contract/ref-of.js';
import { eventVisibleTo, pastEventVisibleTo, visibleTo } from '../../operations/contract/visible-to.js';
import { asksForStream } from './accept-header.js';
import { historyQuery, operationHistory } from '../../operations/contract/history.contract.js';
import { operationId } from '../../operations/contract/operation.contract.js';
import { EventStream } from './event-stream.js';
import { Needs } from '../../access/needs.decorator.js';
import { checkedBy } from '../../http/checked-by.js';

/** An operation's history: as JSON, or as a stream that continues with new events until the operation ends. */
@DocumentedBy(async () => (await import('./operation-events.documentation.js')).operationEvents)
@Controller('api/operations')
export class OperationEventsController {
  constructor(
    private readonly queries: QueryBus,
    private readonly followers: OperationFollowers,
  ) {}

  @Needs('operations:read', { takesEventTokens: true })
  @Get(':id/events')
  async events(
    @Param('id', checkedBy(operationId)) id: string,
    @Query(checkedBy(historyQuery)) query: z.output<typeof historyQuery>,
    @Headers('accept') accept: string | undefined,
    @Headers('last-event-id') lastEventId: string | undefined,
    @CalledBy() caller: Caller,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const ref = refOf(caller, id);
    if (!asksForStream(accept)) {
      const { operation, events, next } = await this.queries.execute(new GetHistory(ref, query.after, query.limit));
      const history: z.output<typeof operationHistory> = {
        metadata: visibleTo(caller, operation).metadata,
        items: events.map((event) => pastEventVisibleTo(caller, event)),
        next,
      };
      await reply.send(history);
    } else await this.stream(ref, versionOf(lastEventId) ?? query.lastEventId ?? query.after, caller, reply);
  }

  private async stream(ref: OperationRef, after: number, caller: Caller, reply: FastifyReply): Promise<void> {
    const ready = () => stream.ready();
    const { operation, events, live } = await this.followers.follow(ref, after, {
      ready,
      reader: caller,
    });
    // 204 stops an EventSource from reconnecting: its client has seen the ending.
    if (operation.done && events.length === 0) return void reply.status(204).send();
    const stream = new EventStream(reply, () => live.end());
    if (reply.request.method === 'HEAD') return stream.end();
    for (const event of events) {
      stream.send(eventVisibleTo(caller, event));
      await stream.ready();
    }
    await live.passTo((event) => stream.send(eventVisibleTo(caller, event)));
    if (live.left && !reply.raw.destroyed) stream.sendLeft({ operationId: ref.id, reason: live.left });
    stream.end();
  }
}

function versionOf(lastEventId: string | undefined): number | undefined {
  if (lastEventId === undefined || lastEventId === '') return undefined;
  if (/^\d{1,9}$/.test(lastEventId)) return Number(lastEventId);
  throw InvalidParameter.because([
    { path: 'Last-Event-ID', message: 'expected the id of an earlier event, such as 3' },
  ]);
}
