import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { repeatedly } from '../../clock/repeatedly.js';
import { GetVersions } from '../queries/get-versions.query.js';
import { InProcessFeed } from './in-process-feed.js';

const EVERY_MS = 2000;

/** Reads the versions of all watched operations every few seconds: a notice that was lost delays its news, no more. */
@Injectable()
export class CatchUp implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(CatchUp.name);
  private readonly stop = new AbortController();

  constructor(
    private readonly feed: InProcessFeed,
    private readonly queries: QueryBus,
  ) {}

  onApplicationBootstrap(): void {
    repeatedly(
      EVERY_MS,
      this.stop.signal,
      () => this.look(),
      (err) => this.logger.warn({ msg: 'watched operations could not be read', err }),
    );
  }

  onApplicationShutdown(): void {
    this.stop.abort();
  }

  private async look(): Promise<void> {
    const { watched } = this.feed;
    if (watched.length === 0) return;
    for (const notice of await this.queries.execute(new GetVersions(watched))) this.feed.publish(notice);
  }
}
