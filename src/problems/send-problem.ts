import type { FastifyReply } from 'fastify';
import { type CatalogueEntry, type ProblemCode, PROBLEMS } from './catalogue.js';
import type { ProblemDocument } from './problem.js';

export function sendProblem(reply: FastifyReply, problem: ProblemDocument, retryAfter?: number): FastifyReply {
  const seconds = retryAfter ?? retryAfterOf(problem.code);
  if (seconds !== undefined) void reply.header('Retry-After', seconds);
  if (problem.status === 401) void reply.header('WWW-Authenticate', 'Bearer');
  return reply.status(problem.status).header('Content-Type', 'application/problem+json').send(problem);
}

export function retryAfterOf(code: ProblemCode): number | undefined {
  const { retryAfter }: CatalogueEntry = PROBLEMS[code];
  return retryAfter;
}
