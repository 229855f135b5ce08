import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../../problems/problem.js';

/** Refuses text/plain, which the server reads only for the sake of the two calls of the article. */
@Injectable()
export class JsonOnly implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const type = context.switchToHttp().getRequest<FastifyRequest>().headers['content-type'];
    if (type === undefined || /^application\/([\w.+-]+\+)?json\b/i.test(type)) return true;
    throw new Problem('unsupported_media_type', `Send JSON, with the header Content-Type: application/json. Found ${type.slice(0, 100)}.`);
  }
}
