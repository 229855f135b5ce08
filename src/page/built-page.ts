import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** From src/page, or from dist/src/page where it was built. */
const ROOT = new URL(import.meta.url.includes('/dist/src/') ? '../../../' : '../../', import.meta.url);

/** Where the build of web/ leaves the page. */
export const PAGE = fileURLToPath(new URL('web/dist', ROOT));
export const ASSETS = join(PAGE, 'assets');
export const INDEX = 'index.html';

export class PageNotBuilt extends Error {}

/** @throws PageNotBuilt */
export function expectBuiltPage(): void {
  const file = join(PAGE, INDEX);
  if (!existsSync(file))
    throw new PageNotBuilt(`Expected the built page at ${file}, found nothing there. Build it with: npm run build`);
}
