import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { INDEX, PAGE } from './built-page.js';
import { NeedsNothing } from '../access/needs.decorator.js';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'Content-Security-Policy': POLICY,
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** The page: one document at each of its addresses, always revalidated, since it names the assets of its build. */
@NeedsNothing('the page signs in by itself')
@Controller()
export class PageController {
  @Get(['/', 'operations', 'operations/:id', 'webhooks', 'webhooks/:id'])
  page(@Res() reply: FastifyReply): void {
    reply.headers({ ...HEADERS, 'Cache-Control': 'no-cache' }).sendFile(INDEX, PAGE, { cacheControl: false });
  }
}
