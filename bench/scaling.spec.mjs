import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { plan, table } from './scaling.mjs';

test('docs/scaling.md shows the table that the measured costs give', async () => {
  const page = await readFile('docs/scaling.md', 'utf8');
  expect(page).toContain(`\`\`\`text\n${table().join('\n')}\n\`\`\``);
});

test('A load ten times as large needs about ten times the nodes, beside the one in reserve', () => {
  const [small, large] = [10_000, 100_000].map((perSecond) => plan({ perSecond, sockets: 0 }, 'together').nodes - 1);
  expect(large).toBeGreaterThanOrEqual(8 * Number(small));
  expect(large).toBeLessThanOrEqual(10 * Number(small));
});
