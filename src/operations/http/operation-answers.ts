import { HttpStatus, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../clock/clock.js';
import { NOBODY } from '../../access/caller.js';
import { visibleTo } from '../contract/visible-to.js';
import type { OperationView, StartedOperationView } from '../contract/operation-view.js';
import { knownVersionsOf, type Waiting } from './headers.decorator.js';
import { SECONDS } from '../../time/durations.js';

/** What a handler answers with an operation. */
export interface OperationAnswer {
  operation: OperationView;
  /** Whether this request started it, or an earlier one under the same idempotency key. */
  started?: { replayed: boolean; watchToken: string | undefined };
  waited?: Waiting | undefined;
}

/**
 * Status and headers are the same for every handler that answers with an operation. By a call, since an interceptor
 * takes an Observable for each answer: a twelfth of the processor time of a charge.
 */
@Injectable()
export class OperationAnswers {
  constructor(private readonly clock: Clock) {}

  /** Sets status and headers. @returns the body; undefined if the client knows this version */
  give(answer: OperationAnswer, reply: FastifyReply): StartedOperationView | undefined {
    const { request } = reply;
    const status = statusOf(answer, request);
    void reply.status(status).headers(headersOf(answer, this.clock.now()));
    if (status === HttpStatus.NOT_MODIFIED) return undefined;
    const { caller = NOBODY } = request;
    const view = visibleTo(caller, answer.operation);
    const watchToken = answer.started?.watchToken;
    return watchToken === undefined ? view : { watchToken, ...view };
  }
}

function statusOf({ operation: { done, version } }: OperationAnswer, request: FastifyRequest): HttpStatus {
  if (request.method === 'POST') return done ? HttpStatus.OK : HttpStatus.ACCEPTED;
  return knownVersionsOf(request).includes(version) ? HttpStatus.NOT_MODIFIED : HttpStatus.OK;
}

const headersOf = ({ operation, started, waited }: OperationAnswer, now: Date) => ({
  ETag: `"v${operation.version}"`,
  ...(!operation.done && { 'Retry-After': retryAfter(operation, now) }),
  ...(started && { Location: `/api/operations/${operation.id}` }),
  ...(started?.replayed && { 'Idempotent-Replayed': 'true' }),
  ...(waited && { 'Preference-Applied': `wait=${waited.seconds}${waited.untilEnd ? ', until=end' : ''}` }),
});

/** Seconds until the client should ask again: few for a young operation, more for an old one. */
function retryAfter({ createdAt }: OperationView, now: Date): number {
  const age = now.getTime() - Date.parse(createdAt);
  if (age < 10 * SECONDS) return 1;
  return age < 60 * SECONDS ? 2 : 5;
}
