import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OperatorError } from '../errors/operator-error.js';

/** Seen from src/page, or from dist/src/page. */
const ROOT = new URL(import.meta.url.includes('/dist/src/') ? '../../../' : '../../', import.meta.url);

/** The output folder of web/'s build. */
export const PAGE = fileURLToPath(new URL('web/dist', ROOT));
export const ASSETS = join(PAGE, 'assets');
export const INDEX = 'index.html';

export class PageNotBuilt extends OperatorError {}

/** @throws PageNotBuilt */
export function expectBuiltPage(): void {
  const file = join(PAGE, INDEX);
  if (!existsSync(file))
    throw new PageNotBuilt(`Expected the built page at ${file}, found nothing there. Build it with: npm run build`);
}
