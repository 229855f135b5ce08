import { jest } from '@jest/globals';
import { Credentials } from './credentials.js';
import { Http, type Token } from './http.js';
import { Intents } from './intents.js';
import { safeStore } from './key-store.js';
import { OutcomeError } from './outcome-error.js';
import { Connectivity } from './connectivity.js';

const never = () => new Promise<string>(() => undefined);

describe('a call that needs a token', () => {
  beforeEach(() => void jest.useFakeTimers({ advanceTimers: false }));
  afterEach(() => void jest.useRealTimers());

  const fetched: (string | null)[] = [];
  const fetch = ((_: string, { headers }: { headers: Headers }) => {
    fetched.push(headers.get('authorization'));
    return Promise.resolve(Response.json({}));
  }) as unknown as typeof globalThis.fetch;
  const ask = (token: Token, signal = new AbortController().signal) =>
    new Http(
      'http://service',
      fetch,
      new Credentials(token, new Intents(safeStore(() => sessionStorage))),
      new Connectivity(),
    )
      .ask('/api/kinds', { signal })
      .catch((error: unknown) => error);

  test('that never arrives rejects within a minute and one attempt, and names what was missing', async () => {
    const answer = ask(never);
    await jest.advanceTimersByTimeAsync(80_000);
    expect(await answer).toBeInstanceOf(OutcomeError);
    expect(await answer).toMatchObject({
      code: 'unreachable',
      retryable: true,
      message: expect.stringContaining('token'),
    });
  });

  test('asks for it again after one token function has hung', async () => {
    let times = 0;
    const answer = ask(() => ((times += 1) === 1 ? never() : 't-2'));
    await jest.advanceTimersByTimeAsync(30_000);
    expect(await answer).toEqual({});
    expect(fetched.at(-1)).toBe('Bearer t-2');
  });

  test('rejects at once with its signal, even while the token hangs', async () => {
    const leaving = new AbortController();
    const answer = ask(never, leaving.signal);
    await jest.advanceTimersByTimeAsync(0);
    const reason = new Error('left');
    leaving.abort(reason);
    expect(await answer).toBe(reason);
  });
});
