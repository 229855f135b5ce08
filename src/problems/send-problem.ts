import type { FastifyReply } from 'fastify';
import { type CatalogueEntry, type ProblemCode, PROBLEMS } from './catalogue.js';
import type { ProblemDocument } from './problem.js';

export function sendProblem(reply: FastifyReply, problem: ProblemDocument, retryAfter?: number): FastifyReply {
  return reply.status(problem.status).headers(problemHeaders(problem, retryAfter)).send(problem);
}

export function problemHeaders({ status, code }: ProblemDocument, retryAfter = retryAfterOf(code)) {
  return {
    'Content-Type': 'application/problem+json',
    ...(retryAfter !== undefined && { 'Retry-After': retryAfter }),
    ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
  };
}

function retryAfterOf(code: ProblemCode): number | undefined {
  const { retryAfter }: CatalogueEntry = PROBLEMS[code];
  return retryAfter;
}
