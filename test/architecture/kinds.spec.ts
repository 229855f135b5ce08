import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { KindRegister, offerOf } from '../../src/operations/kinds/kind-register.js';
import { KindMetadata } from '../../src/operations/kinds/operation-kind.js';
import { Service } from '../support/service.js';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

describe('every kind of operation', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start({ ROLES: 'api' })));
  afterAll(() => service.stop());

  const registered = () => service.outcome.app.get(KindRegister, { strict: false }).all();

  test('that stands in a *.kind.ts under src is registered in the running service', async () => {
    const files = (await readdir(SRC, { recursive: true })).filter((name) => name.endsWith('.kind.ts'));
    expect(files.length).toBeGreaterThanOrEqual(2);
    for (const file of files) {
      const module = (await import(pathToFileURL(join(SRC, file)).href)) as Record<string, unknown>;
      const kinds = Object.values(module).filter(
        (value) => typeof value === 'function' && Reflect.getMetadata(KindMetadata.KEY, value),
      );
      const missing = kinds.filter((kind) => !registered().some(({ handler }) => handler.constructor === kind));
      if (kinds.length === 0)
        throw new Error(`Expected src/${file} to export a class that is decorated with @Kind, found none.`);
      if (missing.length > 0)
        throw new Error(
          `src/${file} has a kind that the service does not know. Name its class in the providers of a ` +
            'module, and the module in app.module.ts.',
        );
    }
  });

  test('stands in a file that is named *.kind.ts', async () => {
    const files = (await readdir(SRC, { recursive: true })).filter(
      (name) => name.endsWith('.ts') && !/\.(spec|kind)\.ts$/.test(name),
    );
    for (const file of files)
      expect([file, /^@Kind\(/m.test(await readFile(join(SRC, file), 'utf8'))]).toEqual([file, false]);
  });

  test('that a client may start has an example to try it with', () => {
    const offered = registered().filter(({ internal }) => !internal);
    expect(offered.length).toBeGreaterThanOrEqual(5);
    for (const kind of offered)
      expect([kind.name, Object.keys(offerOf(kind).examples).length]).not.toEqual([kind.name, 0]);
  });
});
