import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sectionsOf } from '../support/sections.js';

const RUNBOOK = readFileSync('docs/runbook.md', 'utf8');
const ALERTS = readFileSync('docs/alerts.yml', 'utf8');

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => /(?<!\.spec)\.ts$/.test(file))
  .map((file) => readFileSync(join('src', file), 'utf8'));

/** `msg: 'text'`, `msg: condition ? 'text' : 'text'` or `msg: CONSTANT`. */
const MESSAGE = /\bmsg:\s*(?:[\w.]+(?: === '\w+')?\s*\?\s*)?('[^']+'(?:\s*:\s*'[^']+')?|[A-Z]+\b)/g;
/** What is logged by a function of its own. */
const LOGGED = /\b(?:this\.log\('(?:warn|error)', |noteSetBack\()('[^']+'|[A-Z]+\b)/g;

/** The messages of log lines in a source; those of a single word are no sentence, such as that of each request. */
function messagesIn(text: string): string[] {
  const found = [...text.matchAll(MESSAGE), ...text.matchAll(LOGGED)].map(([, said = '']) => said);
  const spelled = found.map((said) => new RegExp(`^(?:export )?const ${said} = ('.+')`, 'm').exec(text)?.[1] ?? said);
  return spelled
    .flatMap((said) => [...said.matchAll(/'([^']+)'/g)].map(([, message = '']) => message))
    .filter((message) => message.includes(' '));
}

const inCode = new Set(sources.flatMap(messagesIn));
const inRunbook = new Set([...RUNBOOK.matchAll(/"msg":"([^"]+ [^"]+)"/g)].map(([, message = '']) => message));

/** Quoted texts that are neither SQL, nor a request, nor a header. */
const SENTENCE = /`([A-Z][a-z]\w* [^`]+)`/g;

describe('docs/runbook.md', () => {
  test('has every message of the log, and no other', () => {
    expect(inCode.size).toBeGreaterThan(60);
    expect([...inRunbook].sort()).toEqual([...inCode].sort());
  });

  test('quotes sentences that the service says', () => {
    const said = sources.join('\n').replaceAll(/['`] \+\s*['`]/g, '');
    const quoted = [...RUNBOOK.matchAll(SENTENCE)].map(([, text = '']) => text);
    const unsaid = quoted.filter((text) => !text.split('…').every((part) => said.includes(part.trim())));
    expect(quoted.length).toBeGreaterThan(15);
    expect(unsaid).toEqual([]);
  });

  test('has each alert in the section that the alert names', () => {
    const sections = new Map(sectionsOf(RUNBOOK).map(({ anchor, text }) => [anchor, text]));
    const rules = [...ALERTS.matchAll(/alert: (\w+)[\s\S]*?runbook: docs\/runbook\.md#(\S+)/g)];
    const named = rules.map(([, alert = '', anchor = '']) => [alert, sections.get(anchor)?.includes(`\`${alert}\``)]);
    expect(named).toEqual([...ALERTS.matchAll(/alert: (\w+)/g)].map(([, alert]) => [alert, true]));
    const alerts = new Set(named.map(([alert]) => alert));
    const unknown = (RUNBOOK.match(/`Outcome[A-Z]\w+`/g) ?? []).filter((quoted) => !alerts.has(quoted.slice(1, -1)));
    expect(unknown).toEqual([]);
  });
});

test.each([
  ["this.logger.warn({ msg: 'all is lost', err });", ['all is lost']],
  ["this.warn({\n msg: died\n ? 'it had died'\n : 'it had crashed',\n});", ['it had died', 'it had crashed']],
  ["export const GONE = 'it is gone';\nconst line = { level: 'warn', msg: GONE };", ['it is gone']],
  ["logger[level]({ msg: status === 'ok' ? 'ready again' : 'not ready', checks });", ['ready again', 'not ready']],
])('the check finds the messages in %s', (text, messages) => {
  expect(messagesIn(text)).toEqual(messages);
});
