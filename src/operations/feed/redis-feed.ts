import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type RunningConfig } from '../../config/config.js';
import { openRedis, type RedisConnection } from '../../redis/redis-connection.js';
import { StopsIn } from '../../shutdown/shutdown.js';
import { SECONDS } from '../../time/durations.js';
import { repeatedly } from '../../time/repeatedly.js';
import { type ChangeNotice, OperationFeed, type Subscriber } from './operation-feed.js';

const CHANNEL = 'outcome:operation:';
const PROBE_EVERY = 5 * SECONDS;

/**
 * The feed of processes that share a Redis: sharded publish/subscribe with one channel an operation, to which a process
 * listens while someone there watches the operation. Whatever is lost, the catch-up finds.
 */
@Injectable()
@StopsIn('connections')
export class RedisFeed extends OperationFeed {
  private readonly log = new Logger(RedisFeed.name);
  private readonly self = randomUUID();
  private readonly stopping = new AbortController();
  private readonly publisher: RedisConnection;
  private readonly listener: RedisConnection;

  constructor(@Inject(CONFIG.redis) redis: RunningConfig['redis']) {
    super();
    this.publisher = openRedis(redis, { redis: { enableAutoPipelining: true } });
    // ioredis would also listen again to what was left while the connection was away.
    this.listener = openRedis(redis, { redis: { autoResubscribe: false }, cluster: { shardedSubscribers: true } });
    let isBroken = false;
    this.listener.on('smessage', (channel: string, message: string) => this.receive(channel, message));
    this.listener.on('error', (err: Error) => {
      if (!isBroken) this.log.warn({ msg: 'the feed is broken: news of other processes comes up to 2 s late', err });
      isBroken = true;
    });
    this.listener.on('ready', () => {
      isBroken = false;
      for (const operationId of this.watched) this.listen(operationId);
    });
    // Nothing else notices a connection that is silently dead.
    const probe = async () => {
      await this.listener.ping();
    };
    repeatedly(PROBE_EVERY, this.stopping.signal, probe, () => undefined);
  }

  override publish(notice: ChangeNotice): void {
    this.deliver(notice);
    const { operationId, version } = notice;
    this.publisher.spublish(CHANNEL + operationId, `${this.self} ${version}`).catch(() => undefined);
  }

  override subscribe(operationId: string, subscriber: Subscriber): () => void {
    const isFirst = !this.isWatched(operationId);
    const unsubscribe = super.subscribe(operationId, subscriber);
    if (isFirst) this.listen(operationId);
    return () => {
      const wasWatched = this.isWatched(operationId);
      unsubscribe();
      if (wasWatched && !this.isWatched(operationId))
        this.listener.sunsubscribe(CHANNEL + operationId).catch(() => undefined);
    };
  }

  stop(): void {
    this.stopping.abort();
    this.publisher.disconnect();
    this.listener.disconnect();
  }

  /** If it fails, the connection is away, and `ready` repeats it. */
  private listen(operationId: string): void {
    this.listener.ssubscribe(CHANNEL + operationId).catch(() => undefined);
  }

  private receive(channel: string, message: string): void {
    const [from, version] = message.split(' ');
    if (from === this.self || !/^\d+$/.test(version ?? '')) return;
    this.deliver({ operationId: channel.slice(CHANNEL.length), version: Number(version) });
  }
}
