// CPU time and memory of processes, as the system reports them.
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { promisify } from 'node:util';

/** @typedef {{ pid: number, parent: number, cpuSeconds: number, residentMegabytes: number }} Process */

/** Linux counts in hundredths of a second on every platform that Node runs on. */
const TICKS = 100;
const KIB = 1024;

/** @param {number} pid @returns {Promise<Process | undefined>} */
async function onLinux(pid) {
  const read = (/** @type {string} */ file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
  const [stat, status] = await Promise.all([read('stat'), read('status')]);
  // The second field is the program's name in brackets, and may contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields.length < 15) return undefined;
  // user and system time, of the process and of its ended children
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  const kib = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  return { pid, parent: Number(fields[1]), cpuSeconds: ticks / TICKS, residentMegabytes: (kib * KIB) / 1e6 };
}

/** @returns {Promise<Process[]>} */
async function all() {
  if (process.platform === 'linux') {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
    return (await Promise.all(pids.map(onLinux))).filter((found) => found !== undefined);
  }
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,rss=,time=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, parent, kib, time] = line.trim().split(/\s+/);
      const cpuSeconds = time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
      return { pid: Number(pid), parent: Number(parent), cpuSeconds, residentMegabytes: (Number(kib) * KIB) / 1e6 };
    });
}

/** CPU seconds of each process with its children. @param {number[]} pids @returns {Promise<number[]>} */
export async function cpuSecondsOf(pids) {
  const found = await all();
  return pids.map((root) =>
    found
      .filter(({ pid, parent }) => pid === root || parent === root)
      .reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
  );
}

/** @param {number} pid */
export async function residentMegabytesOf(pid) {
  return (await all()).find((found) => found.pid === pid)?.residentMegabytes ?? NaN;
}

/** Busy CPU seconds of all cores since the machine started, for all processes. */
export function machineCpuSeconds() {
  return cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0) / 1000;
}
