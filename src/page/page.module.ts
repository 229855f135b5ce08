import fastifyStatic from '@fastify/static';
import { Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { ASSETS, expectBuiltPage } from './built-page.js';
import { PageController } from './page.controller.js';

@Module({ controllers: [PageController] })
export class PageModule implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  /** An asset's name contains a hash of its content, so browsers may cache it for ever. */
  onModuleInit(): void {
    expectBuiltPage();
    void this.host.httpAdapter.getInstance<FastifyInstance>().register(fastifyStatic, {
      root: ASSETS,
      prefix: '/assets/',
      index: false,
      preCompressed: true,
      immutable: true,
      maxAge: '1y',
      setHeaders: (reply) => void reply.header('X-Content-Type-Options', 'nosniff'),
    });
  }
}
