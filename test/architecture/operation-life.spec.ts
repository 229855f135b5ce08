import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { EVENT_TYPES } from '../../src/operations/domain/operation-events.js';
import { isEnding, LIFE, STATUSES } from '../../src/operations/domain/operation-status.js';

const PAGE = fileURLToPath(new URL('../../docs/operation-life.md', import.meta.url));

describe('docs/operation-life.md', () => {
  let text: string;
  beforeAll(async () => (text = await readFile(PAGE, 'utf8')));

  const table = () =>
    Object.fromEntries(
      [...text.matchAll(/^\| `(\w+)` +\| [^|]+ \| ([^|]+) \|$/gm)].map(([, status, next = '']) => [
        status,
        [...next.matchAll(/`(\w+)`/g)].map(([, to]) => to),
      ]),
    );

  test('has the code’s table of statuses', () => {
    expect(table()).toEqual(LIFE);
  });

  test('draws exactly the transitions of the code', () => {
    const [, diagram = ''] = /```mermaid\n([^`]*)```/.exec(text) ?? [];
    const arrows = [...diagram.matchAll(/^ +(\S+) --> (\S+?)(?::.*)?$/gm)].map(([, from, to]) => `${from} ${to}`);
    const life = STATUSES.flatMap((from) => [
      ...LIFE[from].map((to) => `${from} ${to}`),
      ...(isEnding(from) ? [`${from} [*]`] : []),
    ]);
    expect(arrows.sort()).toEqual(['[*] pending', ...life].sort());
  });

  test('describes exactly the events of the code', () => {
    const documented = [...text.matchAll(/^- `(operation\.\w+)`/gm)].map(([, type]) => type);
    expect(documented).toEqual(EVENT_TYPES);
  });
});
