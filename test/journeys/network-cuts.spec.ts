import { setTimeout as pause } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { HubConnectionState, HttpTransportType, HubConnectionBuilder, LogLevel } from '@microsoft/signalr';
import { createClient } from '@outcome/client';
import { io } from 'socket.io-client';
import { Clock } from '../../src/clock/clock.js';
import type { Acknowledgement } from '../../src/delivery/socket/socket.contract.js';
import type { OperationEventView } from '../../src/operations/contract/operation-view.js';
import { MINUTES, SECONDS } from '../../src/time/durations.js';
import { DrivenOperation, versionsFrom } from '../support/driven-operation.js';
import { EventRecorder } from '../support/event-recorder.js';
import { FaultyNetwork } from '../support/faulty-network.js';
import { Service } from '../support/service.js';
import { nobodyFollows } from '../support/watchers.js';

interface Follower {
  recorder: EventRecorder;
  close: () => unknown;
}

type Follow = (url: string, operationId: string) => Follower;

const byClient =
  (transport: 'socket' | 'sse' | 'poll'): Follow =>
  (url, operationId) => {
    const recorder = new EventRecorder();
    const client = createClient({ url, transports: [transport] });
    const following = async () => {
      for await (const operation of client.watch(operationId))
        recorder.record({ version: operation.version, operation } as OperationEventView);
      recorder.finish();
    };
    following().catch(recorder.fail);
    return { recorder, close: () => client.close() };
  };

/** As its documentation has it: the client joins whenever it is connected. */
const bySocketIo: Follow = (url, operationId) => {
  const recorder = new EventRecorder();
  const socket = io(`${url}/operations`, { transports: ['websocket'], forceNew: true });
  const take = (events: readonly OperationEventView[]) => {
    recorder.record(...events);
    if (recorder.hasEnded) recorder.finish();
  };
  socket.on('operation', (event: OperationEventView) => take([event]));
  socket.on('connect', () =>
    socket.emit('join', { operationId, afterVersion: recorder.last }, (answer: Acknowledgement) => {
      if (answer.ok) take((answer.events ?? []) as OperationEventView[]);
      else recorder.fail(new Error(answer.problem.detail));
    }),
  );
  return { recorder, close: () => socket.disconnect() };
};

/** SignalR's own policy gives up after 42 s: this one tries for ever. */
const bySignalR: Follow = (url, operationId) => {
  const recorder = new EventRecorder();
  const hub = new HubConnectionBuilder()
    .withUrl(`${url}/hubs/operations`, { transport: HttpTransportType.WebSockets, skipNegotiation: true })
    .withAutomaticReconnect({ nextRetryDelayInMilliseconds: () => 2 * SECONDS })
    .configureLogging(LogLevel.None)
    .build();
  hub.on('operation', (event: OperationEventView) => {
    recorder.record(event);
    if (recorder.hasEnded) recorder.finish();
  });
  const join = async () => {
    const { events } = await hub.invoke<{ events: OperationEventView[] }>('Join', operationId, recorder.last);
    recorder.record(...events);
    if (recorder.hasEnded) recorder.finish();
  };
  hub.onreconnected(() => void join().catch(recorder.fail));
  hub.start().then(join).catch(recorder.fail);
  return { recorder, close: () => hub.state !== HubConnectionState.Disconnected && hub.stop() };
};

const FOLLOWERS: Readonly<Record<string, Follow>> = {
  '@outcome/client by socket': byClient('socket'),
  '@outcome/client by stream': byClient('sse'),
  '@outcome/client by polling': byClient('poll'),
  'a plain Socket.IO client': bySocketIo,
  'the SignalR client': bySignalR,
};

/** The timers of the clients are held by Jest, and the service's clock by a spy: a cut of minutes takes seconds. */
describe('A network that is cut', () => {
  let service: Service;
  let network: FaultyNetwork;
  beforeAll(async () => {
    service = await Service.start({ ROLES: 'api' });
    network = await FaultyNetwork.before(service.url);
  });
  afterAll(async () => {
    await network.close();
    await service.stop();
  });
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] }));
  afterEach(async () => {
    jest.useRealTimers();
    jest.restoreAllMocks();
    await nobodyFollows(service);
  });

  /** Lets time pass for the clients, and their requests arrive or fail. */
  const pass = async (ms: number, step = 1 * SECONDS) => {
    for (let passed = 0; passed < ms; passed += step) {
      await jest.advanceTimersByTimeAsync(step);
      await pause(5);
    }
  };

  test.each([
    ['1 s', 1 * SECONDS],
    ['5 minutes', 5 * MINUTES],
  ])('for %s costs no client a version, and repeats none', async (_, cutMs) => {
    const clock = service.outcome.app.get(Clock, { strict: false });
    const now = clock.now.bind(clock);
    let aheadMs = 0;
    jest.spyOn(clock, 'now').mockImplementation(() => new Date(now().getTime() + aheadMs));
    const operation = await DrivenOperation.start(service);
    const following = Object.entries(FOLLOWERS).map(
      ([name, follow]) => [name, follow(network.url, operation.id)] as const,
    );
    const haveReached = async (version: number) => {
      const behind = () => following.filter(([, { recorder }]) => recorder.last < version).map(([name]) => name);
      for (let passed = 0; passed < 2 * MINUTES && behind().length > 0; passed += 100) await pass(100, 100);
      expect(behind()).toEqual([]);
    };
    await operation.progress();
    await haveReached(operation.version);

    network.isDown = true;
    await operation.progress();
    aheadMs += cutMs;
    await pass(cutMs, Math.min(cutMs, 1 * SECONDS));
    await operation.progress();
    const seen = following.map(([name, { recorder }]) => [name, recorder.last]);
    expect(seen).toEqual(following.map(([name]) => [name, operation.version - 2]));
    network.isDown = false;
    await haveReached(operation.version);
    await operation.succeed();
    await haveReached(operation.version);

    for (const [name, { recorder, close }] of following) {
      await recorder.over;
      expect([name, ...recorder.versions]).toEqual([name, ...versionsFrom(1, operation.version)]);
      await close();
    }
  });
});
