import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Service } from '../support/service.js';
import { linesOf, snippetsIn, typeErrorsIn } from '../support/snippets.js';

describe('the README of the client', () => {
  let readme: string;
  let service: Service;
  let snippets: string[];
  beforeAll(async () => {
    readme = await readFile('client/README.md', 'utf8');
    service = await Service.start();
    snippets = snippetsIn(readme, 'js', service.url);
  });
  afterAll(() => service.stop());

  const printed = (part: string) => {
    const found = snippets.filter((code) => code.includes(part));
    expect(found).toHaveLength(1);
    return linesOf(found[0]!);
  };

  test('starts an operation and waits for its ending', async () => {
    expect(await printed('failure?.message')).toEqual(['success']);
  });

  test('pays an order once, even after a reload', async () => {
    expect(await printed('reloaded.resume')).toEqual(['true success']);
  });

  test('lets a backend decide what a page starts', async () => {
    expect(await printed('createStartToken')).toEqual(['success']);
  });

  test('follows it step by step', async () => {
    expect(await printed('client.watch')).toEqual(['1 pending ', '2 processing ', '3 processing 100', '4 success 100']);
  });

  test('cancels it, and identifies an error by its code', async () => {
    expect(await printed('operation_already_ended')).toEqual(['canceled', 'too late: success']);
  });

  test('shows a token and an order of transports', async () => {
    expect(await printed('token: async')).toEqual(['true']);
  });

  test('has the page of the article in ten lines, which shows the progress', async () => {
    const [page = ''] = snippetsIn(readme, 'html', service.url);
    const [, script = ''] = /<script type="module">([\s\S]*)<\/script>/.exec(page) ?? [];
    expect(page.trim().split('\n').length - 2).toBeLessThanOrEqual(10);
    const lines = await linesOf(`
      const shown = [];
      const elements = { start: {}, status: { set textContent(text) { shown.push(text); } } };
      const listening = { addEventListener() {}, removeEventListener() {} };
      globalThis.document = { ...listening, visibilityState: 'visible', getElementById: (id) => elements[id] };
      globalThis.window = listening;
      globalThis.location = new URL('${service.url}');
      ${script}
      await elements.start.onclick();
      console.log(shown.join());
    `);
    expect(lines).toEqual(['pending,processing,success']);
  });

  test('has only snippets that run here; react.spec.ts runs the one in React', () => {
    expect(snippets).toHaveLength(6);
    expect(['js', 'html', 'jsx'].flatMap((language) => snippetsIn(readme, language, ''))).toHaveLength(8);
    expect(readme.match(/^```(?!sh)\w/gm)).toHaveLength(8);
  });

  test('has snippets that are TypeScript, too, with the types that it names', async () => {
    const [, input = '', result = ''] =
      /`(const charge: .*) …`[\s\S]*?`(\(await client.outcome[^`]*)`/.exec(readme) ?? [];
    const typed = `
      import { createClient, type InputOf, type OperationOf } from '@outcome/client';
      const client = createClient();
      ${input} { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' };
      const { id } = await client.start('payment.charge', charge);
      const ended = ${result};
      export const amount: number | undefined = ended.result?.amount;
    `;
    expect(await typeErrorsIn([...snippets, typed])).toBe('');
  });

  test('has no dead link', () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(`client/${link}`))).toEqual([]);
  });
});
