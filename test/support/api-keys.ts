import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { type ApiKeyRecord, ApiKeys, type NewApiKey } from '../../src/access/keys/api-keys.js';
import { ONLY_TENANT } from '../../src/access/caller.js';
import type { GrantedScope } from '../../src/access/scopes.js';
import type { Service } from './service.js';

export interface TestKey {
  key: string;
  record: ApiKeyRecord;
  /** For a request that presents it. */
  headers: { Authorization: string };
}

export const bearer = (credential: string) => ({ Authorization: `Bearer ${credential}` });

/** A key of a running service, by default of its first tenant. */
export async function createKey(
  { outcome }: Pick<Service, 'outcome'>,
  scopes: readonly GrantedScope[],
  given: Partial<NewApiKey> = {},
): Promise<TestKey> {
  const made = await outcome.app
    .get(ApiKeys, { strict: false })
    .create(
      { tenant: ONLY_TENANT, mode: 'test', owner: 'test', expiresInMs: null, ...given, scopes },
      { name: 'a test' },
    );
  return { ...made, headers: bearer(made.key) };
}

export interface CommandAnswer {
  code: number;
  /** Standard output: of create and roll, the key alone. */
  out: string;
  err: string;
}

/** `npm run keys -- …args`, on the build. */
export const keysCommand = (args: readonly string[], env: Record<string, string>): Promise<CommandAnswer> =>
  runCommand('keys', args, env);

/** `npm run <name> -- …args`, on the build. */
export async function runCommand(
  name: 'keys' | 'erase',
  args: readonly string[],
  env: Record<string, string>,
): Promise<CommandAnswer> {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [`dist/src/${name}.js`, ...args], {
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: code as number, out: out.trim(), err: err.trim() };
}
