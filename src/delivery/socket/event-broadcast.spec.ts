import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Namespace, Server, type Socket as ServerSocket } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import type { OperationEventView } from '../../operations/contract/operation-view.js';
import { EventBroadcast } from './event-broadcast.js';

const SOCKETS = 3;

let server: Server;
let namespace: Namespace;
let clients: Socket[];
let sockets: ServerSocket[];
let sent: string[];
let broadcast: EventBroadcast;

beforeEach(async () => {
  const http = createServer();
  server = new Server(http, { transports: ['websocket'] });
  await once(http.listen(0, '127.0.0.1'), 'listening');
  namespace = server.of('/operations');
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/operations`;
  clients = [];
  sockets = [];
  for (let at = 0; at < SOCKETS; at += 1) {
    const connected = once(namespace, 'connection') as Promise<[ServerSocket]>;
    clients.push(io(url, { transports: ['websocket'], forceNew: true }));
    sockets.push((await connected)[0]);
  }
  sent = [];
  broadcast = new EventBroadcast(namespace, ({ id }) => void sent.push(id));
});

afterEach(async () => {
  for (const client of clients) client.disconnect();
  await server.close();
});

const eventOf = (version: number) => ({ version }) as OperationEventView;

const nextEvent = (client: Socket) => new Promise((resolve) => client.once('operation', resolve));

/** What the client is sent up to `last`, by version or message. */
const receivedUntil = (client: Socket, last: unknown) =>
  new Promise<unknown[]>((resolve) => {
    const received: unknown[] = [];
    client.onAny((name: string, message: { version?: number }) => {
      received.push(message.version ?? name);
      if (received.at(-1) === last) resolve(received);
    });
  });

test('encodes an event once for all sockets, and reports each', async () => {
  const readsOf = async (readers: readonly ServerSocket[]) => {
    let reads = 0;
    const event = Object.defineProperty({}, 'version', { enumerable: true, get: () => (reads += 1) });
    const received = clients.slice(0, readers.length).map(nextEvent);
    for (const socket of readers) broadcast.send(socket, event as OperationEventView);
    await Promise.all(received);
    return reads;
  };
  const alone = await readsOf(sockets.slice(0, 1));
  expect(alone).toBeGreaterThan(0);
  expect(await readsOf(sockets)).toBe(alone);
  expect(sent).toEqual([sockets[0], ...sockets].map((socket) => socket?.id));
});

test('each socket is sent its events in order, however they alternate', async () => {
  const [v1, v2, v3] = [eventOf(1), eventOf(2), eventOf(3)];
  const received = clients.map((client) => receivedUntil(client, 3));
  const [one, two, three] = sockets as [ServerSocket, ServerSocket, ServerSocket];
  broadcast.send(one, v2);
  broadcast.send(two, v1);
  broadcast.send(two, v2);
  broadcast.send(one, v3);
  broadcast.send(three, v2);
  broadcast.send(two, v3);
  broadcast.send(three, v3);
  expect(await Promise.all(received)).toEqual([
    [2, 3],
    [1, 2, 3],
    [2, 3],
  ]);
});

test('a flush puts what follows behind the events', async () => {
  const [client, socket] = [clients[0], sockets[0]] as [Socket, ServerSocket];
  const received = receivedUntil(client, 'left');
  broadcast.send(socket, eventOf(1));
  broadcast.flush();
  socket.emit('left', {});
  expect(await received).toEqual([1, 'left']);
});

test('a socket that has disconnected is left out', async () => {
  const [, gone] = sockets as [ServerSocket, ServerSocket];
  const received = clients.filter((_, at) => at !== 1).map(nextEvent);
  for (const socket of sockets) broadcast.send(socket, eventOf(1));
  gone.disconnect(true);
  broadcast.flush();
  expect(await Promise.all(received)).toEqual([{ version: 1 }, { version: 1 }]);
});
