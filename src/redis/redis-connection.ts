import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import type { RunningConfig } from '../config/config.js';
import { bare } from '../config/hosts.js';
import { SECONDS } from '../time/durations.js';

export type RedisConnection = Redis | Cluster;

/** How long a connection may leave a command unanswered before it counts as lost. BullMQ blocks for ten seconds. */
const SILENT_AT_MOST = 15 * SECONDS;

/** What `openRedis` leaves to its callers. */
export interface RedisChoice {
  /** Of each connection, in a cluster as well. */
  redis?: Omit<RedisOptions, 'host' | 'port' | 'path' | 'sentinels' | 'readOnly'>;
  /** Of a cluster alone. */
  cluster?: Pick<ClusterOptions, 'shardedSubscribers'>;
}

/**
 * The only way to open a connection to the Redis of REDIS_URL. It comes back by itself; while it is away, commands fail
 * at once unless `enableOfflineQueue` lets them wait. Listen for 'error' to log what is wrong.
 */
export function openRedis(
  { urls, isCluster }: RunningConfig['redis'],
  { redis = {}, cluster = {} }: RedisChoice = {},
): RedisConnection {
  const nodes = urls.map((url) => new URL(url));
  const [first] = nodes;
  if (!first) throw new Error('Expected the address of a Redis in REDIS_URL, found none.');
  const {
    retryStrategy,
    enableOfflineQueue = false,
    ...each
  } = {
    ...loginOf(first),
    maxRetriesPerRequest: 0,
    connectTimeout: 5 * SECONDS,
    socketTimeout: SILENT_AT_MOST,
    keepAlive: 10 * SECONDS,
    ...redis,
  };
  const client = isCluster
    ? new Cluster(nodes.map(addressOf), {
        ...cluster,
        enableOfflineQueue,
        redisOptions: each,
        // The names of a cluster's certificates are those that its nodes announce.
        ...(first.protocol === 'rediss:' && { dnsLookup: (address, found) => found(null, address) }),
      })
    : new Redis({ ...addressOf(first), ...each, enableOfflineQueue, ...(retryStrategy && { retryStrategy }) });
  // Without a listener, ioredis prints each error.
  return forgetsTimeLimits(client).on('error', () => undefined);
}

/**
 * ioredis 5 keeps the time limit of a connection that was lost, and ends the next one by it; of a connection that is
 * closed, it keeps the process (github.com/redis/ioredis/issues/2147). Not needed with its version 6.
 */
function forgetsTimeLimits<Client extends RedisConnection>(client: Client): Client {
  if (client instanceof Cluster) client.on('+node', forgetTimeLimit);
  else forgetTimeLimit(client);
  // BullMQ's own connections.
  const duplicate = client.duplicate.bind(client) as (...given: unknown[]) => Client;
  return Object.assign(client, { duplicate: (...given: unknown[]) => forgetsTimeLimits(duplicate(...given)) });
}

function forgetTimeLimit(node: Redis): void {
  node.on('close', () => {
    clearTimeout((node as unknown as { socketTimeoutTimer?: NodeJS.Timeout }).socketTimeoutTimer);
    Object.assign(node, { socketTimeoutTimer: undefined });
  });
}

const addressOf = ({ hostname, port }: URL) => ({
  host: bare(hostname),
  port: Number(port || '6379'),
});

const loginOf = ({ username, password, pathname, protocol }: URL) => ({
  ...(username && { username: decodeURIComponent(username) }),
  ...(password && { password: decodeURIComponent(password) }),
  ...(pathname.length > 1 && { db: Number(pathname.slice(1)) }),
  ...(protocol === 'rediss:' && { tls: {} }),
});
