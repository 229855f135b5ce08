/** Why a program or the server gave up: the last line of its output that says so. */
export function reasonIn(output: string): string {
  // Seldom the last line: consequences of a full disk follow it.
  if (/No space left on device|Check free disk space/.test(output)) return 'the disk is full';
  const lines = output.split(/\r?\n/).filter((line) => line.trim() !== '');
  const lastError = lines.findLast((line) => /FATAL|PANIC|error:/.test(line)) ?? lines.at(-1);
  return lastError?.replace(/^.*?(FATAL|PANIC|error):\s*/, '').replace(/\.$/, '') ?? 'it said nothing';
}
