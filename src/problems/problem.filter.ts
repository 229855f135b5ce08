import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemOf } from './problem.js';
import { recognize } from './recognized-error.js';
import { RefusedRequests } from './refused-requests.js';
import { sendProblem } from './send-problem.js';

/** Turns any error thrown while answering into application/problem+json. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  constructor(private readonly refusedRequests: RefusedRequests) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    // The client has disconnected: its broken connection would look like one of the database.
    if (request.raw.destroyed && !request.raw.complete)
      return this.logger.debug({ msg: 'a client has gone before it had sent its request', requestId: request.id });
    const foreseen = recognize(error);
    const problem = problemOf(foreseen, request.id);
    this.refusedRequests.note(problem);
    if (problem.status >= 500)
      this.logger.error({ msg: 'a request has failed', requestId: request.id, code: problem.code, err: error });
    if (!reply.sent) void sendProblem(reply, problem, foreseen.retryAfter);
  }
}
