import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CredentialsMissing } from './access-errors.js';
import type { Caller } from './caller.js';

/** The caller of a route that needs a scope. */
export const CalledBy = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<FastifyRequest>();
  if (!caller) throw CredentialsMissing.expected();
  return caller;
});
