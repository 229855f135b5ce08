import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { SETTINGS } from '../../src/config/config.js';
import type { OperationView } from '../../src/operations/queries/operation-view.js';
import { Service } from '../support/service.js';

const run = promisify(execFile);
const AS_PRINTED = 'http://127.0.0.1:3000';

describe('the README', () => {
  let readme: string;
  let service: Service;
  beforeAll(async () => {
    readme = await readFile('README.md', 'utf8');
    service = await Service.start();
  });
  afterAll(() => service.stop());

  /** The fenced blocks of a language, against the test's own service. */
  const snippets = (language: string) =>
    [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, code = '']) =>
      code.replaceAll(AS_PRINTED, service.url),
    );

  const shell = async (code: string) => (await run('sh', ['-c', code], { timeout: 20_000 })).stdout;

  test('starts an operation with curl, and the same key finds it again', async () => {
    const [, start = ''] = snippets('sh');
    const first = JSON.parse(await shell(start)) as OperationView;
    expect(first).toMatchObject({ kind: 'payment.charge', status: 'pending' });
    expect((JSON.parse(await shell(start)) as OperationView).id).toBe(first.id);
  });

  test('follows it by polling and as a stream', async () => {
    const { id } = await service.ending((await service.charge()).id);
    const [, , poll = ''] = snippets('sh');
    const [operation = '', ...stream] = (await shell(poll.replace('wait=10', 'wait=0'))).split('retry:');
    expect(JSON.parse(operation)).toMatchObject({ id, status: 'success' });
    expect(stream.join('')).toMatch(/event: operation\.started[\s\S]*event: operation\.succeeded/);
  });

  test('follows it by push', async () => {
    const [code = ''] = snippets('js');
    const file = 'test/readme-snippet.mjs';
    await writeFile(file, code);
    try {
      const { stdout } = await run(process.execPath, [file], { timeout: 20_000 });
      expect(stdout.trim().split('\n')).toEqual([
        '1 operation.started pending',
        '2 operation.processing processing',
        '3 operation.succeeded success',
      ]);
    } finally {
      await rm(file);
    }
  });

  test('names every setting, and no other', () => {
    const [, table = ''] = /## Settings([\s\S]*?)\n## /.exec(readme) ?? [];
    const named = [...table.matchAll(/^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*)\s*\|/gm)].flatMap(([, names = '']) => names.match(/[A-Z_]+/g) ?? []);
    expect(named.sort()).toEqual([...SETTINGS].sort());
  });

  test('links to nothing that is not there', () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, link = '']) => link).filter((link) => !link.startsWith('http'));
    expect(links.filter((link) => !existsSync(link))).toEqual([]);
  });
});
