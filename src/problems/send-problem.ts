import type { FastifyReply } from 'fastify';
import type { ProblemDocument } from './problem.js';

/** Transient problems, and when to retry, in seconds. */
const TRY_AGAIN_IN: Partial<Record<ProblemDocument['code'], number>> = {
  backlogged: 10,
  overloaded: 2,
  storage_unavailable: 2,
  shutting_down: 1,
};

export function sendProblem(reply: FastifyReply, problem: ProblemDocument): FastifyReply {
  const tryAgainIn = TRY_AGAIN_IN[problem.code];
  if (tryAgainIn !== undefined) void reply.header('Retry-After', tryAgainIn);
  return reply.status(problem.status).header('Content-Type', 'application/problem+json').send(problem);
}
