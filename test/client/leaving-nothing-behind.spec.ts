import { type Client, createClient, type TransportName } from '@outcome/client';
import { FaultyNetwork } from '../support/faulty-network.js';
import { eventually, Service } from '../support/service.js';
import { linesOf } from '../support/snippets.js';

const NONE = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';

describe('a client leaves nothing behind', () => {
  let service: Service;
  const rejections: unknown[] = [];
  const note = (reason: unknown) => void rejections.push(reason);
  beforeAll(async () => {
    process.on('unhandledRejection', note);
    service = await Service.start();
  });
  afterAll(async () => {
    process.off('unhandledRejection', note);
    await service.stop();
    expect(rejections).toEqual([]);
  });

  /** True if a program with this code ends by itself: no timer keeps it alive once its connections are closed. */
  const run = (code: string, transports: TransportName[]) =>
    linesOf(`
      import { createClient } from '@outcome/client';
      const client = createClient({ url: '${service.url}', transports: ${JSON.stringify(transports)} });
      ${code}
      const keeps = (what) => process.getActiveResourcesInfo().some((name) => name.includes(what));
      while (keeps('TCP')) await new Promise((resolve) => setTimeout(resolve, 10));
      console.log(keeps('Timeout') ? 'was kept alive' : 'ended');
    `);

  test.each([[['socket']], [['sse']], [['wait']], [['poll']], [['socket', 'sse', 'poll']]] as [TransportName[]][])(
    'once all followed operations have ended, by %j',
    async (transports) => {
      const code =
        `const { id } = await client.start('demo.countdown', { seconds: 1 }); console.log((await ` +
        'client.outcome(id)).status);';
      expect(await run(code, transports)).toEqual(['success', 'ended']);
    },
  );

  test.each([[['socket']], [['sse']], [['wait']], [['poll']], [['socket', 'sse', 'poll']]] as [TransportName[]][])(
    'once no watcher is left, by %j',
    async (transports) => {
      const code = `
        const { id } = await client.start('demo.countdown', { seconds: 50 });
        for await (const { version } of client.watch(id)) if (version === 3) break;
        const leaving = new AbortController();
        const outcome = client.outcome(id, leaving).catch(({ message }) => console.log(message));
        setTimeout(() => leaving.abort(new Error('left')), 100);
        await outcome;`;
      expect(await run(code, transports)).toEqual(['left', 'ended']);
    },
  );

  test('without a listener warning of Node, however many calls wait at once', async () => {
    const code = `
      process.on('warning', ({ name }) => console.log(name));
      const { id } = await client.start('demo.countdown', { seconds: 1 });
      const leaving = new AbortController();
      const calls = Array.from({ length: 24 }, (_, n) => client.outcome(id, n % 2 ? leaving : {}));
      console.log((await Promise.all(calls)).length);`;
    expect(await run(code, ['socket', 'sse', 'poll'])).toEqual(['24', 'ended']);
  });

  describe('on a silent network', () => {
    let network: FaultyNetwork;
    let client: Client;
    beforeEach(async () => {
      network = await FaultyNetwork.before(service.url);
      client = createClient({ url: network.url });
    });
    afterEach(async () => {
      client.close();
      await network.close();
    });
    const answerNothing = () =>
      network.plan(Array.from({ length: 60 }, () => ({ type: 'answered', status: 503, retryAfter: 60 })));

    test('when it is closed: every call rejects with a reason', async () => {
      const { id } = await client.start('demo.countdown', { seconds: 50 });
      const watched = async () => {
        for await (const { done } of client.watch(id)) if (done) return;
      };
      const calls: Promise<unknown>[] = [client.outcome(id), watched()];
      const follow = client.follow(id);
      await eventually(async () => follow.getSnapshot().via);
      answerNothing();
      calls.push(client.get(id));
      client.close();
      calls.push(client.get(id), client.start('demo.countdown', { seconds: 1 }), client.outcome(id));
      const late = client.follow(id);
      late.subscribe(() => undefined);
      expect(late.getSnapshot().error?.code).toBe('closed');
      for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'closed' });
      await service.request('POST', `/api/operations/${id}/cancel`);
    });

    test('when a call’s signal aborts: it rejects with the reason, whatever it was doing', async () => {
      answerNothing();
      const reason = new Error('enough');
      const calls = (signal: AbortSignal) => [
        client.start('demo.countdown', { seconds: 1 }, { signal }),
        client.get(NONE, { signal }),
        client.cancel(NONE, { signal }),
        client.list({ signal }),
        client.history(NONE, { signal }),
        client.inspect(NONE, { signal }),
        client.statistics({ signal }),
        client.outcome(NONE, { signal }),
        client.watch(NONE, { signal }).next(),
      ];
      for (const signal of [AbortSignal.abort(reason), abortedSoon(reason)]) {
        const settled = await Promise.allSettled(calls(signal));
        expect(settled).toEqual(settled.map(() => ({ status: 'rejected', reason })));
      }
    });
  });
});

function abortedSoon(reason: Error): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 100);
  return controller.signal;
}
