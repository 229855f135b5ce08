import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';

export const GENERATED = new URL('src/generated.ts', import.meta.url);

/** The schemas of an OpenAPI document as TypeScript; of calls the client makes its own. */
export async function typesOf({ openapi, info, components }) {
  const types = await openapiTS({ openapi, info, paths: {}, components: { schemas: components.schemas } }, { exportType: false });
  return `// Written by \`npm run client:types\` from the service's OpenAPI document.\n\n${astToString(types)}`;
}

/** Starts the built service on an empty database, only to ask it for its document. */
async function documentOfTheService() {
  const dataDir = await mkdtemp(join(tmpdir(), 'outcome-types-'));
  // Run by root, PostgreSQL is another user, who must be able to enter.
  await chmod(dataDir, 0o711);
  const service = spawn(process.execPath, ['dist/src/main.js'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, PORT: '0', HOST: '127.0.0.1', DATA_DIR: dataDir, LOG_LEVEL: 'silent' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(service, 'close');
  try {
    let said = '';
    for await (const chunk of service.stdout) {
      said += chunk;
      const [, url] = /(http:\S+)\/docs/.exec(said) ?? [];
      if (url) return await (await fetch(`${url}/docs-json`)).json();
    }
    throw new Error(`Expected the service to say where its docs are, found:\n${said}`);
  } finally {
    service.kill('SIGTERM');
    await ended;
    await rm(dataDir, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(GENERATED, await typesOf(await documentOfTheService()));
  console.log(`Wrote ${fileURLToPath(GENERATED)}`);
}
