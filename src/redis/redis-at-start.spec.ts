import { describeWithRedis, RedisOfTheTest } from '../../test/support/redis-of-the-test.js';
import { inspectRedis } from './redis-at-start.js';

test('a Redis that does not answer is refused, without the password', async () => {
  const refused = inspectRedis(['redis://user:secret@127.0.0.1:1']);
  await expect(refused).rejects.toThrow(
    'The Redis of REDIS_URL cannot be used: connect ECONNREFUSED 127.0.0.1:1. Check that it is there and that the ' +
      'URL is right.',
  );
  await expect(refused).rejects.not.toThrow('secret');
});

describeWithRedis('the Redis of REDIS_URL', () => {
  let redis: RedisOfTheTest;
  afterEach(() => redis.remove());
  const address = (login = '', path = '') => redis.url.replace('://', `://${login}`) + path;

  test('is taken with a password, a user, and a database of its own', async () => {
    redis = await RedisOfTheTest.start('--requirepass', 's@cret');
    for (const login of [':s%40cret@', 'default:s%40cret@'])
      await expect(inspectRedis([address(login, '/1')])).resolves.toMatchObject({ isCluster: false });
    await expect(inspectRedis([address()])).rejects.toThrow('NOAUTH');
    await expect(inspectRedis([address(':wrong@')])).rejects.toThrow('WRONGPASS');
  });

  test('is refused if it may throw jobs away', async () => {
    redis = await RedisOfTheTest.start('--maxmemory-policy', 'allkeys-lru');
    await expect(inspectRedis([address()])).rejects.toThrow(
      /expected maxmemory-policy noeviction, found allkeys-lru, with which a full Redis throws jobs away/,
    );
  });

  test('may be named by several addresses only if it is a cluster, and then has no database number', async () => {
    redis = await RedisOfTheTest.start();
    await expect(inspectRedis([address(), address()])).rejects.toThrow('expected one address');
    await redis.remove();
    redis = await RedisOfTheTest.start('--cluster-enabled', 'yes');
    await expect(inspectRedis(['redis://127.0.0.1:1', address()])).resolves.toMatchObject({ isCluster: true });
    await expect(inspectRedis([address('', '/1')])).rejects.toThrow('expected an address without a database number');
  });
});
