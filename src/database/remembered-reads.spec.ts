import { jest } from '@jest/globals';
import { Gate } from '../../test/support/gate.js';
import { RememberedReads } from './remembered-reads.js';

const MINUTE = 60_000;

const afresh = () => new RememberedReads<string>({ max: 2, ttl: MINUTE, isForgotten: (found) => found === '' });

/** A read that ends when the test says so. */
class HeldRead {
  private readonly gate = new Gate<string>();
  readonly read = jest.fn(() => this.gate.pass());

  async end(found: string | Error): Promise<void> {
    this.gate.open(found instanceof Error ? (Promise.reject(found) as unknown as string) : found);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('those who ask while it is read share the read, and so do those who ask later', async () => {
  const reads = afresh();
  const first = new HeldRead();
  const both = [reads.get('a', first.read), reads.get('a', first.read)];
  await first.end('found');

  expect(await Promise.all([...both, reads.get('a', first.read)])).toEqual(['found', 'found', 'found']);
  expect(first.read).toHaveBeenCalledTimes(1);
});

test.each<[string, string | Error]>([
  ['fails', new Error('away')],
  ['finds what is not to be remembered', ''],
])('a read that %s is not remembered', async (_, found) => {
  const reads = afresh();
  const first = new HeldRead();
  const answer = reads.get('a', first.read).catch((error: unknown) => error);
  await first.end(found);

  expect(await answer).toBe(found);
  expect(await reads.get('a', async () => 'again')).toBe('again');
});

test.each<[string, string | Error]>([
  ['fails', new Error('away')],
  ['finds what is not to be remembered', ''],
])('a read that %s leaves a later one in its place alone', async (_, found) => {
  const reads = afresh();
  const [first, second] = [new HeldRead(), new HeldRead()];
  const answer = reads.get('a', first.read).catch((error: unknown) => error);
  reads.forget('a');
  const later = reads.get('a', second.read);
  await first.end(found);
  const third = jest.fn(async () => 'third');
  const shared = reads.get('a', third);
  await second.end('second');

  expect(await Promise.all([answer, later, shared])).toEqual([found, 'second', 'second']);
  expect(third).not.toHaveBeenCalled();
});

test.each([
  ['its key', (reads: RememberedReads<string>) => reads.forget('a')],
  ['all', (reads: RememberedReads<string>) => reads.forgetAll()],
])('what is read is not remembered if %s is forgotten meanwhile', async (_, forget) => {
  const reads = afresh();
  const first = new HeldRead();
  const answer = reads.get('a', first.read);
  forget(reads);
  await first.end('old');

  expect(await answer).toBe('old');
  expect(await reads.get('a', async () => 'new')).toBe('new');
});

test('it is read again after its time, and when others have taken its place', async () => {
  const now = jest.spyOn(performance, 'now').mockReturnValue(1);
  const reads = afresh();
  const read = jest.fn(async () => 'found');
  await reads.get('a', read);
  now.mockReturnValue(2 * MINUTE);
  await reads.get('a', read);
  expect(read).toHaveBeenCalledTimes(2);
  for (const key of ['b', 'c', 'a']) await reads.get(key, read);
  expect(read).toHaveBeenCalledTimes(5);
  now.mockRestore();
});
