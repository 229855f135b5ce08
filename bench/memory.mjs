// What a service holds in memory.
import { once } from 'node:events';
import { residentMegabytesOf } from './processes.mjs';

/** Once V8 has collected its garbage: heap-probe.mjs. @param {import('node:child_process').ChildProcess} child */
async function heapUsedBy(child) {
  child.send('heap');
  const [{ heapUsedMegabytes }] = await once(child, 'message');
  return heapUsedMegabytes;
}

/** In megabytes: as it rests, and then collected. @param {import('node:child_process').ChildProcess} child */
export async function memoryOf(child) {
  const resident = await residentMegabytesOf(Number(child.pid));
  const heapUsed = await heapUsedBy(child);
  return { resident, heapUsed, collected: await residentMegabytesOf(Number(child.pid)) };
}
