import { statfs } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';

const TMPFS = 0x01021994;

/** Prints the machine and the versions. @param {import('./site.mjs').Site} site */
export async function introduce({ service, server }) {
  const { rows } = await service.database.query(
    `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync,
      current_setting('synchronous_commit') AS commit`,
  );
  const [{ version, fsync, commit }] = rows;
  console.log(
    `Node ${process.versions.node}, PostgreSQL ${version} (fsync ${fsync}, synchronous_commit ${commit}), ` +
      `${availableParallelism()} cores (${cpus()[0]?.model ?? 'of an unknown model'}), ` +
      'shared by service, floors, PostgreSQL and clients.',
  );
  console.log(
    'The service logs at its default level, info, to the null device. ' +
      'The sandbox answers at once (SANDBOX_LATENCY_MS=0).',
  );
  const { directory } = server;
  if ((await statfs(directory)).type === TMPFS)
    console.log(`NOTE: ${directory} is in memory, where no commit waits for a disk. Set TMPDIR to a folder on a disk.`);
}
