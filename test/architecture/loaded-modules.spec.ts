import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabase } from '../support/databases.js';
import { ServiceProcess } from '../support/service-process.js';

interface Coverage {
  result: { url: string }[];
}

afterAll(() => ServiceProcess.killAll());

/** The packages of which V8 has compiled a file when the process ends. */
async function packagesLoaded(use: (url: string) => Promise<unknown>, env: Record<string, string> = {}) {
  const [database, folder] = await Promise.all([createDatabase(), mkdtemp(join(tmpdir(), 'outcome-loaded-'))]);
  const service = ServiceProcess.spawn({ DATABASE_URL: database.url, NODE_V8_COVERAGE: folder, ...env });
  await use(await service.ready());
  await service.kill('SIGTERM');
  const files = await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8')));
  const urls = files.flatMap((file) => (JSON.parse(file) as Coverage).result.map(({ url }) => url));
  await Promise.all([database.drop(), rm(folder, { recursive: true })]);
  return new Set(urls.map((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]));
}

test('a start loads neither Swagger nor Stripe’s library, nor the client of Redis', async () => {
  const loaded = await packagesLoaded(async (url) => {
    await fetch(`${url}/health/ready`);
    await fetch(`${url}/api/operations`);
  });
  expect(loaded).toContain('fastify');
  for (const name of ['@nestjs/swagger', 'swagger-ui-dist', 'es-toolkit', 'js-yaml', 'stripe', 'ioredis', 'jose'])
    expect(loaded).not.toContain(name);
});

test('nothing replaces the connections of Node’s own fetch', async () => {
  const env = { PAYMENT_PROVIDER: 'stripe', STRIPE_SECRET_KEY: 'sk_test_1' };
  expect(await packagesLoaded((url) => fetch(`${url}/api/operations`), env)).not.toContain('undici');
});

test('they are loaded when they are used', async () => {
  const loaded = await packagesLoaded((url) => fetch(`${url}/docs-json`), {
    PAYMENT_PROVIDER: 'stripe',
    STRIPE_SECRET_KEY: 'sk_test_1',
  });
  for (const name of ['@nestjs/swagger', 'es-toolkit', 'stripe']) expect(loaded).toContain(name);
});
