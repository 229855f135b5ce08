import { Service } from '../support/service.js';
import { linesOf, shell } from '../support/snippets.js';

describe('the demo in a terminal', () => {
  test('plays every script, line by line without a terminal, and finds each ending as scripted', async () => {
    const service = await Service.start();
    try {
      const printed = await shell(`node demo/demo.mjs --url ${service.url}`);
      expect(printed).toContain('All 14 ended as scripted.');
      expect(printed).toMatch(
        /^ *\d+\.\d{3} s {2}\w{6} {2}countdown +operation\.progressed +processing +20 %, 4 s left$/m,
      );
      expect(printed).not.toContain('\x1b');
    } finally {
      await service.stop();
    }
  });

  test('says what to do if no server answers', async () => {
    await expect(shell('node demo/demo.mjs --url http://127.0.0.1:9 2>&1 || true')).resolves.toContain(
      'Start the server with "npm start"',
    );
  });

  test.each([40, 80, 200])('draws a line with its progress for each operation within %d columns', async (columns) => {
    const lines = await linesOf(`
      import { LIVES } from '../demo/lives.mjs';
      import { linesOf } from '../demo/screen.mjs';
      const begun = { done: false, createdAt: '2026-01-01T00:00:00Z' };
      const at = ({ events }, status, more) =>
        events.push({ type: 'operation.x', detail: null, operation: { ...begun, status, ...more } });
      const failure = { code: 'card_declined', message: 'The card was declined. '.repeat(20) };
      at(LIVES[0], 'success', { done: true, finishedAt: '2026-01-01T00:00:01.500Z' });
      at(LIVES[2], 'failed', { done: true, finishedAt: '2026-01-01T00:00:02Z', failure });
      at(LIVES[13], 'processing', { progress: { percent: 50, message: null } });
      const now = Date.parse('2026-01-01T00:00:03Z');
      for (const line of linesOf(LIVES, { columns: ${columns}, now })) console.log(line);
    `);
    expect(lines).toHaveLength(16);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(columns);
    expect(lines[0]).toMatch(/^━{12} {2}paid/);
    expect(lines[13]).toMatch(/^━{6}─{6} {2}countdown/);
    expect(lines.at(-1)).toBe('2 of 14 have ended');
  });
});
