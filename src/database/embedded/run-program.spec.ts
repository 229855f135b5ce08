import { run } from './run-program.js';

const node = process.execPath;

test('a child gets none of the secrets in the environment, and no PG* variable that would steer it', async () => {
  process.env['STRIPE_SECRET_KEY'] = 'sk_test_secret';
  process.env['PGPORT'] = '1';
  try {
    const { output } = await run(node, ['-p', 'JSON.stringify(process.env)']);
    expect(Object.keys(JSON.parse(output) as object)).not.toEqual(expect.arrayContaining(['STRIPE_SECRET_KEY']));
    expect(output).toContain('"LC_ALL":"C"');
    expect(output).not.toMatch(/sk_test_secret|PGPORT/);
  } finally {
    delete process.env['STRIPE_SECRET_KEY'];
    delete process.env['PGPORT'];
  }
});

test('any end of a program is returned, never thrown', async () => {
  expect(await run(node, ['-e', 'console.error("no"); process.exit(3)'])).toEqual({ code: 3, output: 'no\n' });
  expect(await run(node, ['-e', 'process.kill(process.pid, "SIGKILL")'])).toEqual({
    code: null,
    output: '\nended by SIGKILL',
  });
  expect(await run('/nowhere/at-all', [])).toEqual({ code: null, output: expect.stringContaining('ENOENT') as string });
});
