import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';
import { startService } from '../test/support/built-service.mjs';

export const GENERATED = new URL('src/generated.ts', import.meta.url);

/** The schemas of an OpenAPI document as TypeScript; the client has its own types for routes. */
export async function typesOf({ openapi, info, components }) {
  const types = await openapiTS(
    { openapi, info, paths: {}, components: { schemas: components.schemas } },
    { exportType: false, defaultNonNullable: false },
  );
  return `// Written by \`npm run client:types\` from the service's OpenAPI document.\n\n${astToString(types)}`;
}

/** Starts the built service on an empty database to read its document. */
async function documentOfTheService() {
  const undo = [];
  try {
    const { url } = await startService({ undo });
    return await (await fetch(`${url}/docs-json`)).json();
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(GENERATED, await typesOf(await documentOfTheService()));
  console.log(`Wrote ${fileURLToPath(GENERATED)}`);
}
