import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const AS_PRINTED = 'http://127.0.0.1:3000';
const PATIENCE_MS = 60_000;
let count = 0;

/** The fenced blocks of one language in a Markdown page, with the service's address filled in. */
export const snippetsIn = (markdown: string, language: string, url: string): string[] =>
  [...markdown.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, code = '']) =>
    code.replaceAll(AS_PRINTED, url),
  );

/** The output of a shell. */
export const shell = async (code: string): Promise<string> =>
  (await run('sh', ['-c', code], { timeout: PATIENCE_MS })).stdout;

/** What TypeScript, strict but for untyped parameters, says of modules in the project: nothing if all is well. */
export async function typeErrorsIn(modules: readonly string[]): Promise<string> {
  const files = modules.map((_, at) => `test/snippet-${process.pid}-${at}.mts`);
  const options =
    '--noEmit --strict --noImplicitAny false --skipLibCheck --module nodenext --types node --ignoreConfig';
  try {
    await Promise.all(files.map((file, at) => writeFile(file, modules[at]!)));
    return await shell(`node node_modules/typescript/bin/tsc ${options} ${files.join(' ')} || true`);
  } finally {
    await Promise.all(files.map((file) => rm(file)));
  }
}

/** The output lines of a module, run by Node in the project, so that it finds its packages. */
export async function linesOf(code: string): Promise<string[]> {
  const file = `test/snippet-${process.pid}-${(count += 1)}.mjs`;
  await writeFile(file, code);
  try {
    return (await run(process.execPath, [file], { timeout: PATIENCE_MS })).stdout.trim().split('\n');
  } finally {
    await rm(file);
  }
}
