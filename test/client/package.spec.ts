import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { GENERATED, typesOf } from '../../client/generate-types.mjs';
import { Service } from '../support/service.js';
import { linesOf, shell } from '../support/snippets.js';

const MOST_BYTES = 7400;

/**
 * The output of a bundler, without React and socket.io-client. Runs in its own process, since it does not work with
 * Jest's modules.
 */
async function bundled(code: string): Promise<string> {
  const [bundle = ''] = await linesOf(`
    import { rolldown } from 'rolldown';
    const entry = {
        resolveId: (id) => (id === 'entry' ? id : null),
        load: (id) => (id === 'entry' ? ${JSON.stringify(code)} : null),
      };
    const external = ['socket.io-client', 'react'];
    const bundle = await rolldown({ input: 'entry', external, plugins: [{ name: 'entry', ...entry }] });
    const { output } = await bundle.generate({ format: 'esm', minify: true });
    console.log(JSON.stringify(output.map(({ code }) => code).join('')));
  `);
  return JSON.parse(bundle) as string;
}

describe('the package of the client', () => {
  test('is under 7.4 KB gzipped, and needs nothing but socket.io-client, later', async () => {
    const code = await bundled(`export * from '@outcome/client';`);
    expect(gzipSync(code, { level: 9 }).length).toBeLessThan(MOST_BYTES);
    expect(code.match(/\bimport\b.{0,30}/g)).toEqual([expect.stringMatching(/^import\(`socket\.io-client`\)/)]);
  });

  test('lets a bundler remove unused code', async () => {
    const code = await bundled(`import { OutcomeError } from '@outcome/client'; console.log(OutcomeError.name);`);
    expect(gzipSync(code).length).toBeLessThan(500);
  });

  test('is packed with its entry points, their types and nothing else than the build', async () => {
    const { exports } = JSON.parse(await readFile('client/package.json', 'utf8')) as {
      exports: Record<string, Record<'types' | 'default', string>>;
    };
    const packed = await shell('npm pack --workspace client --dry-run --json --ignore-scripts');
    const [{ files } = { files: [] }] = JSON.parse(packed) as { files: { path: string }[] }[];
    const paths = files.map(({ path }) => `./${path}`);
    expect(paths).toEqual(expect.arrayContaining(Object.values(exports).flatMap((entry) => Object.values(entry))));
    const rest = paths.filter((path) => !/^\.\/dist\/[a-z-]+(\.js|\.d\.ts)$/.test(path));
    expect(rest.sort()).toEqual(['./README.md', './package.json']);
  });

  test('has the types of the service as it is', async () => {
    const service = await Service.start({ ROLES: 'api' });
    try {
      const { body: document } = await service.get<Parameters<typeof typesOf>[0]>('/docs-json');
      const there = (await readFile(GENERATED, 'utf8')).split('\n');
      const wanted = (await typesOf(document)).split('\n');
      const line = wanted.findIndex((text, at) => text !== there[at]);
      if (line >= 0 || there.length !== wanted.length)
        throw new Error(
          'client/src/generated.ts differs from the service. Run "npm run client:types". First difference, in line ' +
            `${line + 1}: expected "${wanted[line]?.trim()}", found "${there[line]?.trim()}".`,
        );
    } finally {
      await service.stop();
    }
  });
});
