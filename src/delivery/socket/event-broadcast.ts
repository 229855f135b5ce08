import type { Namespace, Socket } from 'socket.io';
import type { OperationEventView } from '../../operations/contract/operation-view.js';

/**
 * Encodes an event once for all sockets that are sent it in a row, which are all of its readers with the same rights.
 * They receive it at the end of the turn, or before the next event: each socket in the order of its calls.
 */
export class EventBroadcast {
  private event: OperationEventView | undefined;
  private sockets: Socket[] = [];

  /** @param onSent called for each socket after its event */
  constructor(
    private readonly namespace: Namespace,
    private readonly onSent: (socket: Socket) => void,
  ) {}

  send(socket: Socket, event: OperationEventView): void {
    if (event !== this.event) this.flush();
    this.event = event;
    if (this.sockets.push(socket) === 1) process.nextTick(() => this.flush());
  }

  /** Call it before a socket is sent something that must follow its events. */
  flush(): void {
    const { event, sockets } = this;
    if (sockets.length === 0) return;
    [this.event, this.sockets] = [undefined, []];
    this.namespace.local.to(sockets.map(({ id }) => id)).emit('operation', event);
    for (const socket of sockets) this.onSent(socket);
  }
}
