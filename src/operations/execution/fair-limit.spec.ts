import { FairLimit } from './fair-limit.js';

/** Work that ends when the test says so, by the order in which it begins. */
function held(concurrency: number) {
  let now = 0;
  const limit = new FairLimit(concurrency, () => now);
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const run = (name: string, urgency: 'due' | 'new' = 'new') =>
    limit.run(name.charAt(0), urgency, () => {
      begun.push(name);
      return new Promise<string>((resolve, reject) =>
        ends.set(name, (error) => (error ? reject(error) : resolve(name))),
      );
    });
  const end = async (...names: string[]) => {
    for (const name of names) {
      ends.get(name)?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { limit, begun, run, end, ends, pass: (ms: number) => (now += ms) };
}

test('alone, a tenant takes all places, in the order of arrival', async () => {
  const { begun, run, end } = held(3);
  for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) void run(name);
  expect(begun).toEqual(['a1', 'a2', 'a3']);
  await end('a2', 'a1');
  expect(begun).toEqual(['a1', 'a2', 'a3', 'a4', 'a5']);
});

test('the next free place goes to the tenant that runs fewest, however much of another waits', async () => {
  const { begun, run, end } = held(4);
  for (let count = 1; count <= 100; count += 1) void run(`a${count}`);
  for (const name of ['b1', 'b2', 'b3']) void run(name);
  await end('a1', 'a2', 'a3', 'b1', 'b2');
  expect(begun.slice(4)).toEqual(['b1', 'b2', 'a5', 'b3', 'a6']);
});

test('tenants that run equally many take turns', async () => {
  const { begun, run, end } = held(1);
  for (const name of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) void run(name);
  await end('a1', 'a2', 'b1', 'c1', 'a3', 'b2');
  expect(begun.slice(1).join()).toBe('a2,b1,c1,a3,b2');
});

test('of one tenant, due work comes before new work', async () => {
  const { begun, run, end } = held(1);
  for (const name of ['a1', 'a2', 'a3']) void run(name);
  void run('a4', 'due');
  await end('a1', 'a4', 'a2');
  expect(begun).toEqual(['a1', 'a4', 'a2', 'a3']);
});

test('passes on what the work resolves to or throws, and frees the place either way', async () => {
  const { limit, begun, run, end, ends } = held(1);
  const failing = run('a1');
  const next = run('a2');
  ends.get('a1')?.(new Error('no luck'));
  await expect(failing).rejects.toThrow('no luck');
  await end('a2');
  expect([await next, begun]).toEqual(['a2', ['a1', 'a2']]);
  expect(limit.admits(['a'])).toEqual([true]);
});

test('clears what waits, of every tenant, and no running work', async () => {
  const { limit, begun, run, end } = held(1);
  const running = run('a1');
  const waiting = [run('a2'), run('b1', 'due')];
  limit.clear(new Error('stops'));
  for (const each of waiting) await expect(each).rejects.toThrow('stops');
  await end('a1');
  expect([await running, begun]).toEqual(['a1', ['a1']]);
  expect(limit.admits(['a', 'a'])).toEqual([true, false]);
});

test('while another tenant was there lately, a tenth of the places stays free for those below their share', async () => {
  const { begun, run, end, pass, limit } = held(20);
  void run('b1');
  await end('b1');
  for (let count = 1; count <= 50; count += 1) void run(`a${count}`);
  expect(begun).toHaveLength(1 + 18);
  expect(limit.admits(['a', 'b'])).toEqual([false, true]);
  void run('b2');
  expect(begun.at(-1)).toBe('b2');
  await end('b2', 'a1');
  expect(begun.slice(-2)).toEqual(['b2', 'a19']);
  pass(10_001);
  await end('a2');
  expect(begun.slice(20)).toEqual(['a19', 'a20', 'a21', 'a22']);
});

test('with more tenants than places, none runs two while another waits', async () => {
  const { begun, run, end } = held(2);
  for (const name of ['a1', 'a2', 'a3', 'b1', 'c1', 'd1']) void run(name);
  await end('a1', 'a2', 'b1', 'c1');
  expect(begun).toEqual(['a1', 'a2', 'b1', 'a3', 'c1', 'd1']);
});

describe('admits', () => {
  test('as many as there are free places, and of one tenant no more', () => {
    const { limit, run } = held(3);
    void run('a1');
    expect(limit.admits(['a', 'a', 'a'])).toEqual([true, true, false]);
  });

  test('none of a tenant of which something waits', () => {
    const { limit, run } = held(1);
    for (const name of ['a1', 'a2']) void run(name);
    expect(limit.admits(['a'])).toEqual([false]);
  });

  test('an equal share of a tenant that comes when another has all places', () => {
    const { limit, run } = held(4);
    for (let count = 1; count <= 9; count += 1) void run(`a${count}`);
    expect(limit.admits(['b', 'a', 'b', 'b'])).toEqual([true, false, true, false]);
  });
});
