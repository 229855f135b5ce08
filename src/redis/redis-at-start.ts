import type { Redis } from 'ioredis';
import type { RunningConfig } from '../config/config.js';
import { openRedis } from './redis-connection.js';
import { RedisUnusable } from './redis-unusable.js';

const OLDEST = 7;

/**
 * What kind of Redis it is, asked once, before anything relies on it.
 * @throws RedisUnusable
 */
export async function inspectRedis(urls: readonly string[]): Promise<RunningConfig['redis']> {
  const { isCluster } = await first(urls.map((url) => inspect(url)));
  if (!isCluster && urls.length > 1)
    throw RedisUnusable.because('expected one address, since it is not a Redis Cluster, found several.');
  if (isCluster && urls.some((url) => !/^\/?0?$/.test(new URL(url).pathname)))
    throw RedisUnusable.because('expected an address without a database number, since a Redis Cluster has only one.');
  return Object.freeze({ urls, isCluster });
}

/** Of a cluster, any node will do. */
async function first<T>(answers: Promise<T>[]): Promise<T> {
  try {
    return await Promise.any(answers);
  } catch (error) {
    throw (error as AggregateError).errors[0];
  }
}

async function inspect(url: string): Promise<{ isCluster: boolean }> {
  const client = openRedis(
    { urls: [url], isCluster: false },
    { redis: { retryStrategy: () => null, lazyConnect: true } },
  ) as Redis;
  let failure: Error | undefined;
  client.on('error', (error) => (failure = error));
  try {
    await client.connect();
    const info = fieldsOf(await client.info());
    const version = info.get('redis_version') ?? '';
    if (Number.parseInt(version) < OLDEST)
      throw RedisUnusable.because(`expected Redis ${OLDEST} or Valkey 8, or later, found ${version}.`);
    const policy = info.get('maxmemory_policy');
    if (policy !== undefined && policy !== 'noeviction')
      throw RedisUnusable.because(
        `expected maxmemory-policy noeviction, found ${policy}, with which a full Redis throws jobs away. Set it in ` +
          'redis.conf or in the settings of the provider: maxmemory-policy noeviction.',
      );
    return { isCluster: info.get('cluster_enabled') === '1' };
  } catch (error) {
    if (error instanceof RedisUnusable) throw error;
    const { message, code } = (failure ?? error) as NodeJS.ErrnoException;
    throw RedisUnusable.because(`${message || code}. Check that it is there and that the URL is right.`);
  } finally {
    if (client.status !== 'end') client.disconnect();
  }
}

const fieldsOf = (info: string) =>
  new Map(
    info
      .split(/\r?\n/)
      .filter((line) => line.includes(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)] as const),
  );
