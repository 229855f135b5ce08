import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sectionsOf } from '../support/sections.js';

const pagesIn = (folder: string, recursive = false) =>
  readdirSync(folder, { recursive, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file));

const PAGES = [...pagesIn('.'), ...pagesIn('docs', true), 'bench/README.md', 'client/README.md'];

/** A line break within a link's text is a space. */
const LINK = /\]\(([^)\s]+)\)/g;

const isThere = (file: string, anchor: string | undefined) =>
  existsSync(file) &&
  (anchor === undefined || sectionsOf(readFileSync(file, 'utf8')).some((section) => section.anchor === anchor));

const deadLinksIn = (page: string, text: string) =>
  [...text.matchAll(LINK)]
    .map(([, link = '']) => link)
    .filter((link) => !/^https?:/.test(link))
    .filter((link) => {
      const [path = '', anchor] = link.split('#');
      return !isThere(path === '' ? page : join(dirname(page), path), anchor);
    });

test('no page has a dead link', () => {
  const dead = PAGES.flatMap((page) => deadLinksIn(page, readFileSync(page, 'utf8')).map((link) => `${page}: ${link}`));
  expect(PAGES.length).toBeGreaterThan(50);
  expect(dead).toEqual([]);
});

test('the check finds a page, and a section, that is not there', () => {
  const text =
    '[a](gone.md) [b](errors.md#the-request) [c](errors.md#the-moon) [d](#nowhere) [e](https://there.example)';
  expect(deadLinksIn('docs/planted.md', text)).toEqual(['gone.md', 'errors.md#the-moon', '#nowhere']);
});

const ANCHORS = sectionsOf('# A page\n\n```sh\n# a comment\n```\n\n### `too_many_rooms` · 429\n\nText.\n');

test('a section has the anchor that GitHub gives it', () => {
  expect(ANCHORS.map(({ anchor }) => anchor)).toEqual(['a-page', 'too_many_rooms--429']);
});
