/** @jest-environment-options {"globalsCleanup": "off"} */
import { type Client, createClient, type KeyStore, type Operation } from '@outcome/client';
import type * as ReactHooks from '@outcome/client/react';
import type * as TestingLibrary from '@testing-library/react/pure.js';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { transform } from '@swc/core';
import { Window } from 'happy-dom';
import { createElement, type FunctionComponent, type ReactNode, startTransition, StrictMode } from 'react';
import { renderToString } from 'react-dom/server';
import { io, type Socket } from 'socket.io-client';
import { Gate } from '../support/gate.js';
import { Service } from '../support/service.js';
import { snippetsIn } from '../support/snippets.js';

const CHARGE = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' } as const;

const BROWSER = ['navigator', 'document', 'HTMLElement', 'HTMLIFrameElement', 'MutationObserver', 'Node'] as const;

describe('the React hooks', () => {
  let service: Service;
  let hooks: typeof ReactHooks;
  let testing: typeof TestingLibrary;
  let client: Client;
  let posts: number;
  let sockets: Socket[];
  let store: KeyStore;
  /** Before each request; may answer in the place of the service. */
  let onRequest: (method: string | undefined) => Promise<Response | undefined>;
  const rejections: unknown[] = [];
  const noteRejection = (reason: unknown) => void rejections.push(reason);

  beforeAll(async () => {
    const window = new Window();
    // React reads these globals when it is loaded.
    const page = {
      window,
      IS_REACT_ACT_ENVIRONMENT: true,
      ...Object.fromEntries(BROWSER.map((name) => [name, window[name]])),
    };
    for (const [name, value] of Object.entries(page))
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    hooks = await import('@outcome/client/react');
    testing = await import('@testing-library/react/pure.js');
    testing.configure({ asyncUtilTimeout: 40_000 });
    process.on('unhandledRejection', noteRejection);
    service = await Service.start();
  });
  afterAll(async () => {
    process.off('unhandledRejection', noteRejection);
    await service.stop();
    for (const name of ['window', 'IS_REACT_ACT_ENVIRONMENT', ...BROWSER]) Reflect.deleteProperty(globalThis, name);
  });

  beforeEach(() => {
    posts = 0;
    sockets = [];
    onRequest = async () => undefined;
    const items = new Map<string, string>();
    store = {
      getItem: (item) => items.get(item) ?? null,
      setItem: (item, value) => void items.set(item, value),
      removeItem: (item) => void items.delete(item),
    };
    client = createClient({
      url: service.url,
      store,
      // On a slow machine the first operation would not wait for its socket, and be followed by a stream.
      transports: ['socket'],
      fetch: async (address, init) => {
        if (init?.method === 'POST') posts += 1;
        return (await onRequest(init?.method)) ?? fetch(address, init);
      },
      connect: (url, options) => {
        const socket = io(url, options);
        sockets.push(socket);
        return socket;
      },
    });
  });
  afterEach(() => {
    testing.cleanup();
    client.close();
    expect(rejections).toEqual([]);
  });

  const wrapper = ({ children }: { children: ReactNode }) =>
    createElement(StrictMode, null, createElement(hooks.OutcomeProvider, { client }, children));

  const renderStarter = (intent?: string) =>
    testing.renderHook((name: string | undefined) => hooks.useStartOperation('payment.charge', { intent: name }), {
      wrapper,
      initialProps: intent,
    });

  const ended = (current: () => { operation: Operation | undefined }) =>
    testing.waitFor(() => expect(current().operation?.done).toBe(true));

  test('start one operation however often they are called in strict mode, and follow it to its end', async () => {
    const { result } = renderStarter();
    expect(result.current).toMatchObject({ underway: false, operation: undefined });

    let both: Operation[] = [];
    await testing.act(async () => {
      const first = result.current.start(CHARGE);
      both = await Promise.all([first, result.current.start(CHARGE)]);
    });
    expect(new Set(both.map(({ id }) => id)).size).toBe(1);
    await ended(() => result.current);
    expect(result.current).toMatchObject({ underway: false, operation: { status: 'success', id: both[0]?.id } });
    expect(posts).toBe(1);
  });

  test('let a customer retry a declined payment as a new operation', async () => {
    const { result } = renderStarter('order-1');
    await testing.act(() => result.current.start({ ...CHARGE, paymentMethod: 'pm_card_visa_chargeDeclined' }));
    await ended(() => result.current);
    const declined = result.current.operation;
    expect(declined?.failure?.code).toBe('card_declined');

    testing.act(() => result.current.reset());
    expect(result.current.operation).toBeUndefined();
    await testing.act(() => result.current.start(CHARGE));
    await ended(() => result.current);
    expect(result.current.operation).toMatchObject({ status: 'success' });
    expect(result.current.operation?.id).not.toBe(declined?.id);
  });

  test('show a decline after a reload too, until it is forgotten', async () => {
    const declined = await client.start(
      'payment.charge',
      { ...CHARGE, paymentMethod: 'pm_card_visa_chargeDeclined' },
      { intent: 'order-4' },
    );
    await client.outcome(declined.id);
    const { result, unmount } = renderStarter('order-4');
    await testing.waitFor(() =>
      expect(result.current).toMatchObject({ underway: false, operation: { id: declined.id, status: 'failed' } }),
    );
    testing.act(() => result.current.reset());
    expect(result.current.operation).toBeUndefined();
    unmount();

    const reloaded = renderStarter('order-4').result;
    await testing.act(() => Promise.resolve());
    expect(reloaded.current).toMatchObject({ underway: false, operation: undefined, error: undefined });
  });

  test('continue the intent’s operation after a reload, and not that of another intent', async () => {
    const { id } = await client.start('demo.countdown', { seconds: 60 }, { intent: 'order-2' });
    const { result, rerender } = renderStarter('order-2');
    await testing.waitFor(() => expect(result.current).toMatchObject({ underway: true, operation: { id } }));
    rerender('order-3');
    await testing.waitFor(() => expect(result.current).toMatchObject({ underway: false, operation: undefined }));
    rerender('order-2');
    await testing.waitFor(() => expect(result.current).toMatchObject({ underway: true, operation: { id } }));
    await service.request('POST', `/api/operations/${id}/cancel`);
    await ended(() => result.current);
    expect(result.current.operation).toMatchObject({ id, status: 'canceled' });
  });

  const refusal = { code: 'scope_missing', detail: 'Refused.', status: 403 };
  test.each([
    ['is read', undefined],
    ['is refused', () => Response.json(refusal, { status: 403 })],
  ])('show what was started while the last attempt is still asked for, which later %s', async (name, answer) => {
    const intent = `order-${name}`;
    const before = createClient({ url: service.url, store });
    const declined = { ...CHARGE, paymentMethod: 'pm_card_visa_chargeDeclined' } as const;
    await before.outcome((await before.start('payment.charge', declined, { intent })).id);
    before.close();
    const [reading, starting] = [new Gate(), new Gate()];
    onRequest = async (method) => {
      await (method === 'POST' ? starting : reading).pass();
      return method === 'POST' ? undefined : answer?.();
    };
    const { result } = renderStarter(intent);
    await reading.reached;
    testing.act(() => void result.current.start(CHARGE));
    await starting.reached;
    await testing.act(async () => {
      reading.open();
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
    expect(result.current).toMatchObject({ underway: true, operation: undefined, error: undefined });
    starting.open();
    await ended(() => result.current);
    expect(result.current).toMatchObject({ underway: false, operation: { status: 'success' }, error: undefined });
  });

  test('report a failed start without an unhandled rejection', async () => {
    const { result } = renderStarter();
    testing.act(() => void result.current.start({ ...CHARGE, amount: -1 }));
    await testing.waitFor(() => expect(result.current.error?.code).toBe('invalid_body'));
    expect(result.current.underway).toBe(false);
  });

  test('share one subscription among all components, and leave nothing behind after they unmount', async () => {
    const { id } = await client.start('demo.countdown', { seconds: 30 });
    const first = testing.renderHook(() => hooks.useOperation(id), { wrapper });
    const second = testing.renderHook(() => hooks.useOperation(id), { wrapper });
    await testing.waitFor(() => expect(second.result.current).toMatchObject({ via: 'socket', operation: { id } }));
    expect(second.result.current.operation).toBe(first.result.current.operation);

    expect(sockets).toHaveLength(1);
    first.unmount();
    expect(second.result.current.via).toBe('socket');
    second.unmount();
    await testing.waitFor(() => expect(sockets.map(({ connected }) => connected)).toEqual([false]));
  });

  test('show the server-rendered state until the first change, and request nothing if it was the ending', async () => {
    const { id } = await client.start('demo.countdown', { seconds: 1 });
    const early = await client.get(id);
    const Show = ({ initial }: { initial: Operation }) =>
      createElement('p', null, hooks.useOperation(initial.id, { initial }).operation?.status);
    const page = (initial: Operation) => wrapper({ children: createElement(Show, { initial }) });

    const container = document.createElement('div');
    container.innerHTML = renderToString(page(early));
    expect(container.textContent).toBe(early.status);
    testing.render(page(early), { container, hydrate: true });
    await testing.waitFor(() => expect(container.textContent).toBe('success'));

    const ending = await client.outcome(id);
    await Promise.resolve();
    const before = sockets.length;
    expect(testing.render(page(ending)).container.textContent).toBe('success');
    expect(sockets).toHaveLength(before);
  });

  test('show nothing older than the state that they were given, but an ending', async () => {
    const given = await client.start('demo.countdown', { seconds: 30 });
    const at = (version: number, done = false) => ({ ...given, version, done }) as Operation;
    let notify: () => void = () => undefined;
    let snapshot: ReturnType<ReturnType<Client['follow']>['getSnapshot']> = {
      operation: undefined,
      error: undefined,
      via: undefined,
    };
    const streaming = {
      follow: () => ({
        subscribe: (listener: () => void) => ((notify = listener), () => undefined),
        getSnapshot: () => snapshot,
      }),
    } as unknown as Client;
    const { result } = testing.renderHook(() => hooks.useOperation(given.id, { initial: at(5) }), {
      wrapper: ({ children }: { children: ReactNode }) =>
        createElement(hooks.OutcomeProvider, { client: streaming }, children),
    });
    const shown: (number | undefined)[] = [];
    // A stream delivers an operation's history from its start; a service that was restored is behind.
    for (const operation of [at(1), at(4), at(5), at(6), at(3, true)]) {
      snapshot = { operation, error: undefined, via: 'sse' };
      testing.act(() => notify());
      shown.push(result.current.operation?.version);
    }
    expect(shown).toEqual([5, 5, 5, 6, 3]);
    expect(result.current.via).toBe('sse');
  });

  test('are used as the README has it', async () => {
    const [snippet = ''] = snippetsIn(await readFile('client/README.md', 'utf8'), 'jsx', service.url);
    const jsc = {
      parser: { syntax: 'ecmascript', jsx: true },
      transform: { react: { runtime: 'automatic' } },
    } as const;
    const { code } = await transform(snippet, { jsc, module: { type: 'es6' }, configFile: false, swcrc: false });
    const file = `test/client/snippet-${process.pid}.mjs`;
    await writeFile(file, code);
    try {
      const { App } = (await import(`./${file.split('/').at(-1)}`)) as {
        App: FunctionComponent<{ order: string; charge: object }>;
      };
      const { getByRole } = testing.render(createElement(App, { order: 'readme', charge: CHARGE }));
      const status = () => getByRole('status').textContent;
      expect(status()).toBe('not started');
      testing.fireEvent.click(getByRole('button'));
      await testing.waitFor(() => expect(status()).toBe('success'));
      expect((getByRole('button') as HTMLButtonElement).disabled).toBe(true);
    } finally {
      await rm(file);
    }
  });

  test('never show two components different versions of one operation while React renders concurrently', async () => {
    const { id } = await client.start('demo.countdown', { seconds: 2 });
    const torn: unknown[] = [];
    const versions: (number | undefined)[] = [];
    const Version = () => {
      const began = performance.now();
      while (performance.now() - began < 5);
      return createElement('i', null, hooks.useOperation(id).operation?.version ?? 0);
    };
    const Page = () => {
      const { operation } = hooks.useOperation(id);
      versions.push(operation?.version);
      return createElement('p', null, ...Array.from({ length: 20 }, (_, key) => createElement(Version, { key })));
    };
    const { container, rerender } = testing.render(createElement(Page), { wrapper });
    const observer = new MutationObserver(() => {
      const versions = new Set([...container.querySelectorAll('i')].map(({ textContent }) => textContent));
      if (versions.size > 1) torn.push([...versions]);
    });
    observer.observe(container, { childList: true, subtree: true, characterData: true });
    const rendering = setInterval(() => startTransition(() => rerender(createElement(Page))), 20);
    await testing.waitFor(() => expect(versions.at(-1)).toBeGreaterThan(3));
    clearInterval(rendering);
    observer.disconnect();
    expect(torn).toEqual([]);
  });
});
