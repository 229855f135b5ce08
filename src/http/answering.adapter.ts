import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions } from 'fastify';
import { SECONDS } from '../time/durations.js';

const LONGEST_WAIT_MS = 1 * SECONDS;

/** Sends the answers under way before it closes; Nest's own adapter closes every connection at once. */
export class AnsweringAdapter extends FastifyAdapter {
  private readonly underWay = new Set<ServerResponse>();

  constructor(options: FastifyHttpOptions<Server>) {
    super(options);
    this.getInstance().addHook('onRequest', (_request, { raw }, done) => {
      this.underWay.add(raw);
      raw.once('close', () => this.underWay.delete(raw));
      done();
    });
  }

  override async close(): Promise<void> {
    const answered = Promise.all([...this.underWay].map((response) => once(response, 'close')));
    await Promise.race([answered, wait(LONGEST_WAIT_MS, undefined, { ref: false })]);
    await super.close();
  }
}
