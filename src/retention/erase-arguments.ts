import { tenantNameIn } from '../access/tenants/tenant-argument.js';
import { parsed } from '../command-line/arguments.js';
import { UsageError } from '../command-line/usage-error.js';
import type { MetadataOfAPerson } from './erasure.js';

export const HELP = `Erase what the service keeps of one person.

  npm run erase -- --metadata <key>=<value> [--metadata …] [--tenant <name>] [--dry-run]

--metadata  what the person's operations have in their metadata, such as customer=123; of several, all
--tenant    whose operations; "default" if left out
--dry-run   lists what would be erased, and changes nothing

Operations that have ended lose input, metadata and all else that may be personal, history included; with a charge, the
refunds and captures of it. Those that have not ended, or need a person, are listed, and lose it as soon as they have.
The payment ledger keeps references and amounts: docs/retention.md.

A worker of the service does the work. The database is that of DATABASE_URL; without it, the embedded one of DATA_DIR.
`;

export type EraseRequest =
  { help: true } | { help: false; tenant: string; metadata: MetadataOfAPerson; isDry: boolean };

const OPTIONS = {
  metadata: { type: 'string', multiple: true },
  tenant: { type: 'string', default: 'default' },
  'dry-run': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** @throws UsageError */
export function readEraseArguments(args: readonly string[]): EraseRequest {
  const { metadata = [], tenant, help, 'dry-run': isDry } = parsed({ args: [...args], options: OPTIONS }).values;
  if (help) return { help };
  // Without any, every operation would match.
  if (metadata.length === 0) throw new UsageError('Expected --metadata <key>=<value>, such as customer=123.');
  return { help, tenant: tenantNameIn(tenant), metadata: Object.fromEntries(metadata.map(entryOf)), isDry };
}

function entryOf(given: string): [string, string] {
  const [key = '', value = ''] = given.split(/=(.*)/s);
  if (key && value) return [key, value];
  throw new UsageError(`Expected --metadata as <key>=<value>, such as customer=123, found "${given}".`);
}
