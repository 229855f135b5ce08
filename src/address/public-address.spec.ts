import type { HttpAdapterHost } from '@nestjs/core';
import { readConfig } from '../config/config.js';
import { PublicAddress } from './public-address.js';

const addressWith = (env: NodeJS.ProcessEnv, listening: { port: number } | null = { port: 4000 }) => {
  const host = { httpAdapter: { getHttpServer: () => ({ address: () => listening }) } } as unknown as HttpAdapterHost;
  return new PublicAddress(host, readConfig(env).http).url;
};

describe('the public address', () => {
  test.each<[NodeJS.ProcessEnv, string]>([
    [{ PUBLIC_URL: 'https://pay.example/' }, 'https://pay.example'],
    [{ PUBLIC_URL: 'https://pay.example/outcome//' }, 'https://pay.example/outcome'],
    [{ PORT: '0' }, 'http://127.0.0.1:4000'],
    [{ HOST: '::1' }, 'http://[::1]:4000'],
    // Browsers cannot visit 0.0.0.0.
    [{ HOST: '0.0.0.0', ACCESS_GUARDED_IN_FRONT: 'true' }, 'http://localhost:4000'],
    [{ HOST: '::', ACCESS_GUARDED_IN_FRONT: 'true' }, 'http://localhost:4000'],
  ])('with %j is %s', (env, url) => {
    expect(addressWith(env)).toBe(url);
  });

  test('is the configured port before the service listens', () => {
    expect(addressWith({ PORT: '3210' }, null)).toBe('http://127.0.0.1:3210');
  });

  test.each(['ftp://pay.example', 'pay.example'])('cannot be %s', (url) => {
    expect(() => readConfig({ PUBLIC_URL: url })).toThrow('PUBLIC_URL');
  });
});
