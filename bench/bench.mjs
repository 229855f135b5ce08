// Measures the built service beside floors that do the least of it, on one PostgreSQL and in one run: README.md.
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { check } from './check.mjs';
import { runToTheEnd } from './ending.mjs';
import { introduce } from './introduction.mjs';
import { optionsOf } from './options.mjs';
import { compareAccess } from './parts/access.mjs';
import { compareApart } from './parts/apart.mjs';
import { compareByHttp, compareByPush } from './parts/floors.mjs';
import { count } from './parts/counts.mjs';
import { compareLost } from './parts/lost.mjs';
import { memoryOf, reportMemory } from './parts/memory.mjs';
import { compareFilled } from './parts/state.mjs';
import { Site } from './site.mjs';
import { printVerdict } from './verdict.mjs';

/** @typedef {import('./verdict.mjs').Findings} Findings */

const site = new Site();

async function main() {
  const options = optionsOf(process.argv.slice(2));
  const { parts, times, profile } = options;
  const service = await site.open(profile ? ['--cpu-prof', `--cpu-prof-dir=${resolve(profile)}`] : []);
  await introduce(site);
  await pause(times.startMs);
  const atStart = await memoryOf(site.child);

  /** @type {Findings[]} */
  const findings = [];
  if (parts.has('counts')) findings.push(await site.meanwhile(() => count(site, options)));
  if (parts.has('push')) findings.push(await compareByPush(site, options));
  if (parts.has('poll')) findings.push(await compareByHttp('long poll', site, options));
  if (parts.has('wait')) findings.push(await compareByHttp('Prefer: wait', site, options));
  if (parts.has('apart')) findings.push(await site.meanwhile(() => compareApart(site, options)));
  if (parts.has('lost')) findings.push(await site.meanwhile(() => compareLost(site, options)));
  if (parts.has('access')) findings.push(await site.meanwhile(() => compareAccess(site, options)));
  if (parts.has('state')) findings.push(await site.meanwhile(() => compareFilled(site, options)));
  if (service.accepted > 0) findings.push(await reportMemory(site, options, atStart));

  printVerdict(findings, options);
  await check(service);
}

await runToTheEnd(site, main);
