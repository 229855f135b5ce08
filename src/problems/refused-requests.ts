import { Injectable } from '@nestjs/common';
import { type ProblemCode, PROBLEMS } from './catalogue.js';

/** Credentials, rights, a foreign page or name, and limits. */
const REFUSED: ReadonlySet<number> = new Set([401, 403, 421, 429]);

/** How often this process has refused requests, sockets and their messages, by the code of the problem. */
@Injectable()
export class RefusedRequests {
  readonly counts = new Map<ProblemCode, number>();

  /** No-op for any other problem. */
  note({ code }: { code: ProblemCode }): void {
    if (REFUSED.has(PROBLEMS[code].status)) this.counts.set(code, (this.counts.get(code) ?? 0) + 1);
  }
}
