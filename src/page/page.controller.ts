import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Controller, Get, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

/** From src/page, or from dist/src/page where it was built. */
const ROOT = new URL(import.meta.url.includes('/dist/src/') ? '../../../' : '../../', import.meta.url);
const FILE = new URL('web/index.html', ROOT);

/** The page at `/`: one file, let to run its own style and script and nothing else. */
@ApiExcludeController()
@Controller()
export class PageController {
  private readonly html = readFileSync(FILE, 'utf8');
  private readonly policy = policyFor(this.html);

  @Get()
  async page(@Res() reply: FastifyReply): Promise<void> {
    await reply
      .header('Content-Type', 'text/html; charset=utf-8')
      .header('Cache-Control', 'no-cache')
      .header('Content-Security-Policy', this.policy)
      .send(this.html);
  }
}

function policyFor(html: string): string {
  const hashes = (tag: string) =>
    [...html.matchAll(new RegExp(`<${tag}[^>]*>([\\s\\S]*?)</${tag}>`, 'g'))].map(
      ([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
    );
  return [
    "default-src 'none'",
    "connect-src 'self'",
    "img-src 'self' data:",
    `style-src ${hashes('style').join(' ')}`,
    `script-src 'self' ${hashes('script').join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
