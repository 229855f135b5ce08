// The memory of the service.
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fixed } from '../numbers.mjs';
import { residentMegabytesOf } from '../processes.mjs';
import { columns } from '../table.mjs';

/** After a garbage collection (heap-probe.mjs). @param {import('node:child_process').ChildProcess} child */
async function heapUsedBy(child) {
  child.send('heap');
  const [{ heapUsedMegabytes }] = await once(child, 'message');
  return heapUsedMegabytes;
}

/** In megabytes, at rest and after a garbage collection. @param {import('node:child_process').ChildProcess} child */
export async function memoryOf(child) {
  const resident = await residentMegabytesOf(Number(child.pid));
  const heapUsed = await heapUsedBy(child);
  return { resident, heapUsed, collected: await residentMegabytesOf(Number(child.pid)) };
}

/**
 * @param {import('../site.mjs').Site} site @param {ReturnType<typeof import('../options.mjs').optionsOf>} options
 * @param {Awaited<ReturnType<typeof memoryOf>>} atStart @returns {Promise<import('../verdict.mjs').Findings>}
 */
export async function reportMemory({ child }, { times: { restMs } }, atStart) {
  const rest = `${fixed(restMs / 1000)} s after it`;
  await pause(restMs);
  const atRest = await memoryOf(child);
  console.log('\nMemory of the service, MB');
  const row = (/** @type {string} */ name, /** @type {typeof atRest} */ { resident, heapUsed, collected }) => [
    name,
    ...[resident, heapUsed, collected].map((megabytes) => fixed(megabytes)),
  ];
  const head = ['', 'resident', 'heap, collected', 'resident then'];
  for (const line of columns([head, row('before the load', atStart), row(rest, atRest)])) console.log(line);
  return {
    witnesses: [],
    aims: [{ what: `MB that rest in memory ${rest}`, found: atRest.resident, digits: 0, atMost: 200 }],
  };
}
