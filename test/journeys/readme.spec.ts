import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { SETTINGS } from '../../src/config/environment.js';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import { Service } from '../support/service.js';
import { linesOf, shell, snippetsIn } from '../support/snippets.js';

describe('the README', () => {
  let readme: string;
  let service: Service;
  beforeAll(async () => {
    readme = await readFile('README.md', 'utf8');
    service = await Service.start();
  });
  afterAll(() => service.stop());

  const snippets = (language: string) => snippetsIn(readme, language, service.url);

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
    expect(await linesOf(code)).toEqual([
      '1 operation.started pending',
      '2 operation.processing processing',
      '3 operation.succeeded success',
    ]);
  });

  test('follows it by SignalR, as its page says', async () => {
    const page = await readFile('docs/signalr.md', 'utf8');
    const [code = ''] = snippetsIn(page, 'js', service.url);
    expect((await linesOf(code)).filter((line) => /^\d/.test(line))).toEqual([
      '1 operation.started pending',
      '2 operation.processing processing',
      '3 operation.succeeded success',
    ]);
  });

  test('names every setting, and no other', () => {
    const [, table = ''] = /## Settings([\s\S]*?)\n## /.exec(readme) ?? [];
    const named = [...table.matchAll(/^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*)\s*\|/gm)].flatMap(
      ([, names = '']) => names.match(/[A-Z_]+/g) ?? [],
    );
    expect(named.sort()).toEqual([...SETTINGS].sort());
  });

  test('has no dead link', () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !link.startsWith('http'));
    expect(links.filter((link) => !existsSync(link))).toEqual([]);
  });
});
