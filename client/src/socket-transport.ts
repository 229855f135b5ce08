import type { io, Socket } from 'socket.io-client';
import { type Operation, type OperationEvent, type OperationHistory, type Problem, withMetadata } from './api.js';
import type { Channel, Transport } from './channel.js';
import type { Credentials } from './credentials.js';
import { errorOfProblem } from './http.js';
import { isUnauthorized } from './outcome-error.js';
import { among, backoff, until, type Connectivity } from './connectivity.js';
import { pathOf } from './poll-transport.js';

const SECONDS = 1000;
/** How long an operation waits for the first connection before another transport follows it. */
const PATIENCE_MS = 1 * SECONDS;
const CONNECT_WITHIN_MS = 5 * SECONDS;
const ACKNOWLEDGE_WITHIN_MS = 5 * SECONDS;
/** A connection that ends sooner counts as a failure: the next one waits longer. */
const STEADY_AFTER_MS = 5 * SECONDS;
/** After a connection has ended by which nothing was followed, since another transport works. */
const UNUSED_MS = 60 * SECONDS;

type SocketOptions = NonNullable<Parameters<typeof io>[1]>;

/** Opens a socket: `openSocket`, or a wrapper around it. */
export type Connect = (url: string, options: SocketOptions) => Socket | Promise<Socket>;

type RoomMessage = Pick<OperationEvent, 'operationId'>;

type Acknowledgement =
  { ok: true; operation: Operation; events: OperationHistory['items'] } | { ok: false; problem: Problem };

/** The client's default: `io` of socket.io-client, loaded when first needed. */
export const openSocket: Connect = async (url, options) => (await import('socket.io-client')).io(url, options);

/**
 * One socket for all operations of the client, open while it follows any; it reconnects by itself. The credentials go
 * with each join, so that an operation goes on with the next ones on the same connection.
 */
export class SocketTransport implements Transport {
  readonly name = 'socket';
  readonly isPush = true;
  private users = 0;
  /** Aborted with a reason, the socket is given up: the service refuses the only token that the client has. */
  private keeping: AbortController | undefined;
  private socket: Socket | undefined;
  private hasTried = false;
  /** Whether the last connection ended while no operation was followed by it. */
  private wasUnused: boolean | undefined;
  private readonly waiting = new Set<() => void>();
  private readonly rooms = new Map<string, { channel: Channel; left: AbortController }>();

  constructor(
    private readonly origin: string,
    private readonly path: string,
    private readonly credentials: Credentials,
    private readonly network: Connectivity,
    private readonly connect: Connect = openSocket,
  ) {}

  use(): () => void {
    this.users += 1;
    if (!this.keeping) {
      this.keeping = new AbortController();
      void this.keepUp(this.keeping.signal);
    }
    return () => {
      this.users -= 1;
      // The next operation often starts just as the last one ends.
      queueMicrotask(() => {
        if (this.users > 0) return;
        this.keeping?.abort();
        this.keeping = undefined;
      });
    };
  }

  async listen(channel: Channel, signal: AbortSignal): Promise<boolean> {
    if (!this.hasTried) await until(signal, among(this.waiting), PATIENCE_MS);
    this.keeping?.signal.throwIfAborted();
    const { socket } = this;
    if (!socket?.connected || signal.aborted) return false;
    const left = new AbortController();
    this.rooms.set(channel.id, { channel, left });
    try {
      const token = await this.tokenFor(channel.id);
      // The service answers the joins of a socket in turn: many rooms take as many times as long.
      const joining = socket.timeout(ACKNOWLEDGE_WITHIN_MS * this.rooms.size);
      await join(joining, channel, token);
      channel.receiveBy(this.name);
      await disconnected(socket, AbortSignal.any([signal, left.signal]));
      return true;
    } catch (error) {
      if (isUnauthorized(error) && typeof this.credentials.own === 'string') this.keeping?.abort(error);
      throw error;
    } finally {
      // The operation may have been left and followed again in the meantime: then the room is no longer this one's.
      if (this.rooms.get(channel.id)?.channel === channel) {
        this.rooms.delete(channel.id);
        if (socket.connected && !channel.isOver) socket.emit('leave', { operationId: channel.id });
      }
    }
  }

  private tokenFor(operationId: string): Promise<string | undefined> {
    return this.credentials.of(pathOf(operationId), AbortSignal.timeout(ACKNOWLEDGE_WITHIN_MS));
  }

  private async keepUp(signal: AbortSignal): Promise<void> {
    this.hasTried = this.wasUnused = false;
    for (let failures = 0, socket: Socket | undefined; !signal.aborted; failures += 1) {
      socket ??= await this.open(signal).catch(() => undefined);
      this.socket = socket;
      if (socket) await connect(socket, signal);
      this.hasTried = true;
      for (const go of this.waiting) go();
      await disconnected(socket, signal, STEADY_AFTER_MS);
      if (socket?.connected) failures = 0;
      await disconnected(socket, signal);
      // Aborted, the loop ends.
      await this.network.pause(this.wasUnused ? UNUSED_MS : backoff(failures), signal).catch(() => undefined);
    }
  }

  private async open(signal: AbortSignal): Promise<Socket> {
    const socket = await this.connect(`${this.origin}/operations`, {
      path: `${this.path}/socket.io`,
      transports: ['websocket'],
      forceNew: true,
      autoConnect: false,
      reconnection: false,
    });
    socket.on('operation', ({ operationId, operation }: OperationEvent) =>
      this.rooms.get(operationId)?.channel.receive(operation),
    );
    // A room that is not renewed in time is left, and joined again.
    socket.on('expiring', ({ operationId }: RoomMessage) => {
      this.tokenFor(operationId).then(
        (token) => socket.emit('renew', { operationId, token }),
        () => undefined,
      );
    });
    socket.on('disconnect', () => (this.wasUnused = !this.rooms.size));
    // The credentials have ended, or were revoked.
    socket.on('left', ({ operationId }: RoomMessage) => this.rooms.get(operationId)?.left.abort());
    signal.addEventListener('abort', () => socket.disconnect());
    return socket;
  }
}

async function join(socket: Pick<Socket, 'emitWithAck'>, channel: Channel, token: string | undefined): Promise<void> {
  const message = { operationId: channel.id, afterVersion: channel.frontier, token };
  const answer = (await socket.emitWithAck('join', message)) as Acknowledgement;
  if (!answer.ok) throw errorOfProblem(answer.problem);
  for (const event of answer.events) channel.receive(withMetadata(event, answer.operation.metadata).operation);
  channel.receive(answer.operation);
}

/** Resolves once the socket is connected or cannot be. */
async function connect(socket: Socket, signal: AbortSignal): Promise<void> {
  const settled = (settle: () => void) => {
    socket.once('connect', settle).once('connect_error', settle).connect();
    return () => socket.off('connect', settle).off('connect_error', settle);
  };
  await until(signal, settled, CONNECT_WITHIN_MS);
  if (!socket.connected) socket.disconnect();
}

async function disconnected(socket: Socket | undefined, signal: AbortSignal, within?: number): Promise<void> {
  if (!socket?.connected) return;
  const settled = (settle: () => void) => {
    socket.once('disconnect', settle);
    return () => socket.off('disconnect', settle);
  };
  await until(signal, settled, within);
}
