import { spawn } from 'node:child_process';

/** The account that a child process runs as. Only root may choose one. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

export interface RunOptions {
  as?: Account;
  cwd?: string;
  /** False for a child that leaves a server behind: the server would inherit the pipe and keep it open. */
  output?: boolean;
}

/** `code` is null if the program could not be started or a signal ended it; `output` then says which. */
export interface Finished {
  code: number | null;
  output: string;
}

const inherited = ['PATH', 'LD_LIBRARY_PATH', 'SystemRoot', 'ComSpec', 'TEMP', 'TMP', 'TMPDIR'];

// The server outlives this process and may run under another account: it gets none of our secrets and no PG* variable.
function environment(): NodeJS.ProcessEnv {
  const kept = inherited.map((name): [string, string | undefined] => [name, process.env[name]]);
  return { ...Object.fromEntries(kept.filter(([, value]) => value !== undefined)), LC_ALL: 'C' };
}

/** Runs a program to its end, without a shell and outside the terminal's process group. Never rejects. */
export function run(
  file: string,
  args: string[],
  { as, cwd = '/', output = true }: RunOptions = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const pipe = output ? 'pipe' : 'ignore';
    const child = spawn(file, args, {
      cwd,
      env: environment(),
      stdio: ['ignore', pipe, pipe],
      detached: process.platform !== 'win32',
      windowsHide: true,
      ...(as && { uid: as.uid, gid: as.gid }),
    });
    let text = '';
    const collect = (chunk: Buffer): void => void (text += chunk.toString());
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.once('error', (error) => resolve({ code: null, output: error.message }));
    child.once('close', (code, signal) => resolve({ code, output: signal ? `${text}\nended by ${signal}` : text }));
  });
}
