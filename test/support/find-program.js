import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The Chromium for the browser tests: CHROMIUM_PATH, or the first one on the PATH; undefined if there is none. */
export const findBrowser = () =>
  find(process.env.CHROMIUM_PATH, ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']);

/** The server for the tests with Redis: REDIS_SERVER_PATH, or the first one on the PATH; undefined if there is none. */
export const findRedisServer = () => find(process.env.REDIS_SERVER_PATH, ['redis-server', 'valkey-server']);

/**
 * @param {string | undefined} given
 * @param {string[]} names
 */
function find(given, names) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return [given, ...folders.flatMap((folder) => names.map((name) => join(folder, name)))].find(isExecutable);
}

/** @param {string | undefined} path */
function isExecutable(path) {
  try {
    if (path) accessSync(path, constants.X_OK);
    return Boolean(path);
  } catch {
    return false;
  }
}
