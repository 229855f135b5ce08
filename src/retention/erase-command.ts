import { setTimeout as pause } from 'node:timers/promises';
import { userInfo } from 'node:os';
import { AuditModule } from '../access/audit/audit.module.js';
import { KeysModule } from '../access/keys/keys.module.js';
import { tenantNamed } from '../access/tenants/tenant-argument.js';
import { Tenants } from '../access/tenants/tenants.js';
import { exitCodeOf, withDatabase } from '../command-line/command-context.js';
import type { Statement } from '../database/statement.js';
import { SECONDS } from '../time/durations.js';
import { type EraseRequest, HELP, readEraseArguments } from './erase-arguments.js';
import { Erasure, type FoundOperation } from './erasure.js';

const WAITS_FOR_MS = 60 * SECONDS;
const LOOKS_EVERY_MS = 0.2 * SECONDS;

/** `npm run erase`. @returns the exit code: 3 if no worker has done it yet */
export function eraseCommand(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  statements: readonly Statement[],
): Promise<number> {
  return exitCodeOf('erase -- --help', async () => {
    const request = readEraseArguments(args);
    if (!request.help) return erase(request, env, statements);
    console.log(HELP);
    return 0;
  });
}

type Wanted = Exclude<EraseRequest, { help: true }>;

function erase(
  { tenant: name, metadata, isDry }: Wanted,
  env: NodeJS.ProcessEnv,
  statements: readonly Statement[],
): Promise<number> {
  const needed = { imports: [AuditModule, KeysModule], providers: [Erasure], statements };
  return withDatabase(env, needed, async (app) => {
    const erasure = app.get(Erasure, { strict: false });
    const tenant = await tenantNamed(name, app.get(Tenants, { strict: false }));
    const found = await erasure.find(tenant.id, metadata);
    const final = found.filter(({ isFinal }) => isFinal);
    show(found, final.length, isDry);
    if (isDry) return 0;
    const by = { tenant: tenant.id, name: `command line (${userInfo().username})` };
    await erasure.request(by, metadata, found);
    return untilErased(
      erasure,
      final.map(({ id }) => id),
    );
  });
}

/** Standard output has the operations that wait, one a line. */
function show(found: readonly FoundOperation[], final: number, isDry: boolean): void {
  const waiting = found.filter(({ isFinal }) => !isFinal);
  console.error(`${found.length} operations: ${final} have ended, ${waiting.length} are erased when they have.`);
  for (const { id, status } of isDry ? found : waiting) console.log(`${id} ${status}`);
}

async function untilErased(erasure: Erasure, ids: readonly string[]): Promise<number> {
  const deadline = performance.now() + WAITS_FOR_MS;
  while (performance.now() < deadline) {
    if ((await erasure.left(ids)) === 0) {
      console.error('Those that have ended are erased.');
      return 0;
    }
    await pause(LOOKS_EVERY_MS);
  }
  console.error('No worker has erased them yet: is one running? They are erased as soon as one is.');
  return 3;
}
