import type { Socket } from 'socket.io';
import { readerIsReady } from '../backpressure.js';

/** What engine.io does not type: packets that wait for the transport, and, over WebSocket, what the transport holds. */
interface Connection {
  writeBuffer: readonly { data?: { length: number } }[];
  transport: { socket?: { bufferedAmount: number } };
}

const waitingIn = ({ writeBuffer }: Connection) =>
  writeBuffer.reduce((bytes, { data }) => bytes + (data?.length ?? 0), 0);

const connectionOf = ({ conn }: Socket) => conn as unknown as Connection;

/** Bytes that were sent to a socket and not taken by its client yet. */
export function unreadBy(socket: Socket): number {
  const connection = connectionOf(socket);
  return waitingIn(connection) + (connection.transport.socket?.bufferedAmount ?? 0);
}

/** The connection drains when its transport takes the packets that wait. */
export const socketIsReady = (socket: Socket): Promise<void> =>
  readerIsReady(
    socket.conn,
    () => waitingIn(connectionOf(socket)),
    () => !socket.connected || socket.conn.readyState !== 'open',
  );
