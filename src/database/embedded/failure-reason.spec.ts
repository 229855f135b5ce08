import { reasonIn } from './failure-reason.js';

test.each([
  [
    '2026-01-01 00:00:00.000 UTC [7] FATAL:  could not create lock file\n2026-01-01 00:00:00.001 UTC [7] LOG:  bye\n',
    'could not create lock file',
  ],
  [
    'initdb: error: directory "x" exists but is not empty\ninitdb: hint: If you want',
    'directory "x" exists but is not empty',
  ],
  [
    'FATAL:  could not extend file: wrote only 4096 of 8192 bytes\nHINT:  Check free disk space.\nPANIC:  cannot abort',
    'the disk is full',
  ],
  ['FATAL:  could not write to file "base/4/1249": No space left on device', 'the disk is full'],
  ['child process was terminated.', 'child process was terminated'],
  ['', 'it said nothing'],
])('the reason in %j is %j', (output, reason) => {
  expect(reasonIn(output)).toBe(reason);
});
