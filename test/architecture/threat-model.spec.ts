import { access, readFile } from 'node:fs/promises';

test('each test that the threat model names exists', async () => {
  const text = await readFile('docs/threat-model.md', 'utf8');
  const named = [...text.matchAll(/`((?:test|src)\/[^`]+)`/g)].map(([, file = '']) => file);

  expect(named.length).toBeGreaterThan(10);
  await Promise.all(named.map((file) => access(file)));
});
