import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/** The roles of files: NestJS's building blocks, and what a file is to others. */
const ROLES = new Set(
  `module controller gateway processor worker command query entity repository reader provider kind contract
  documentation adapter interceptor pipe filter guard decorator hook task backend sql spec`.split(/\s+/),
);

const fileNames = async (): Promise<string[]> =>
  (await readdir('src', { recursive: true })).filter((name) => /\.tsx?$/.test(name) && !name.includes('migrations/'));

/** `payment-audit.task` for `payments/ledger/payment-audit.task.spec.ts`: a spec has the name of what it tests. */
const nameOf = (file: string) =>
  basename(file)
    .replace(/\.tsx?$/, '')
    .replace(/\.spec$/, '');

function namesWithoutRole(files: readonly string[]): string[] {
  return files.filter((file) => {
    const [, ...roles] = nameOf(file).split('.');
    return roles.length > 1 || roles.some((role) => !ROLES.has(role));
  });
}

/** Pairs of files in one room that an editor lists under one name. */
function sharedNames(files: readonly string[]): string[] {
  const places = new Map<string, Set<string>>();
  for (const file of files.filter((name) => name.includes('/'))) {
    const name = `${file.split('/')[0]}: ${nameOf(file)}`;
    places.set(name, (places.get(name) ?? new Set()).add(dirname(file)));
  }
  return [...places].filter(([, folders]) => folders.size > 1).map(([name]) => name);
}

test('a name ends with a role of the closed list, or says in words what the file holds', async () => {
  for (const file of namesWithoutRole(await fileNames()))
    throw new Error(
      `src/${file} ends with a role that is not of the list: ${[...ROLES].join(', ')}. Name it by what it holds ` +
        'alone (`mail.ts`, not `mail.service.ts`), or add a role that other files will have, too.',
    );
});

test('no two files of a room share a name', async () => {
  expect(sharedNames(await fileNames())).toEqual([]);
});

test('a planted violation of either is found', () => {
  expect(namesWithoutRole(['queue/pending.helper.ts', 'queue/postgres.backend.ts'])).toEqual([
    'queue/pending.helper.ts',
  ]);
  expect(sharedNames(['payments/a/outcome.ts', 'payments/b/outcome.ts', 'payments/b/outcome.spec.ts'])).toEqual([
    'payments: outcome',
  ]);
});
