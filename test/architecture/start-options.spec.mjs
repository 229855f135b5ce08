import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { optionsOfStart } from '../support/built-service.mjs';

test('the image gives Node the options of npm start', async () => {
  const dockerfile = await readFile('Dockerfile', 'utf8');
  const command = /^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]';
  const options = await optionsOfStart();
  expect(JSON.parse(command)).toEqual(['node', ...options, 'dist/src/main.js']);
  // Without it, nothing collects what a load leaves behind: src/process/idle-collection.ts.
  expect(options).toContain('--expose-gc');
});
