import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { join } from 'node:path';
import type { z } from 'zod';
import { KindRegister, offerOf } from '../../src/operations/kinds/kind-register.js';
import { KindMetadata } from '../../src/operations/kinds/operation-kind.js';
import { Service } from '../support/service.js';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

describe('every kind of operation', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start({ ROLES: 'api' })));
  afterAll(() => service.stop());

  const registered = () => service.outcome.app.get(KindRegister, { strict: false }).all();

  test('in a *.kind.ts under src is registered in the running service', async () => {
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
          `src/${file} has a kind that the service does not know. Name its class in the providers of its room's ` +
            'module, and a new module in COMMON of src/app.module.ts.',
        );
    }
  });

  test('is in a file named *.kind.ts', async () => {
    const files = (await readdir(SRC, { recursive: true })).filter(
      (name) => name.endsWith('.ts') && !/\.(spec|kind)\.ts$/.test(name),
    );
    for (const file of files)
      expect([file, /^@Kind\(/m.test(await readFile(join(SRC, file), 'utf8'))]).toEqual([file, false]);
  });

  test('names its shapes by ids of their own, as the documentation and the client types call them', () => {
    const taken = new Map<string, string>();
    for (const kind of registered()) {
      const { name, result } = kind;
      const shown: Record<string, z.ZodType> = kind.internal ? { result } : { input: offerOf(kind).input, result };
      for (const [which, schema] of Object.entries(shown)) {
        const { id } = schema.meta() ?? {};
        const [noun = '', verb = ''] = name.split('.').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
        const wanted = `Give it .meta({ id: '${noun}${verb}${which === 'input' ? 'Input' : 'Result'}' }).`;
        if (!id) throw new Error(`The ${which} of kind "${name}" has no id. ${wanted}`);
        if (taken.has(id))
          throw new Error(`The ${which} of "${name}" has the id of ${taken.get(id)}, ${id}. ${wanted}`);
        taken.set(id, `the ${which} of "${name}"`);
      }
    }
  });

  test('refuses an input with a field that it does not know', () => {
    for (const kind of registered()) {
      const [example] = Object.values(offerOf(kind).examples);
      if (!kind.input.safeParse({ ...example?.input, surelyUnknown: true }).success) continue;
      throw new Error(`Kind "${kind.name}" takes fields that it does not know. Make its input a z.strictObject.`);
    }
  });

  test('that a client may start has an example to try it with', () => {
    const offered = registered().filter(({ internal }) => !internal);
    expect(offered.length).toBeGreaterThanOrEqual(5);
    for (const kind of offered) {
      if (Object.keys(offerOf(kind).examples).length > 0) continue;
      throw new Error(`Kind "${kind.name}" has no examples, which /docs offers to try. Add one in its @Kind.`);
    }
  });
});
