import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The Chromium for the browser tests: CHROMIUM_PATH, or the first one on the PATH; undefined if there is none. */
export function findBrowser() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return [process.env.CHROMIUM_PATH, ...folders.flatMap((folder) => NAMES.map((name) => join(folder, name)))].find(
    isExecutable,
  );
}

function isExecutable(path) {
  try {
    if (path) accessSync(path, constants.X_OK);
    return Boolean(path);
  } catch {
    return false;
  }
}
