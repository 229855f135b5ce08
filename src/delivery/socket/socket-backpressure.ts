import type { Socket } from 'socket.io';
import { readerIsReady } from '../backpressure.js';

/** Untyped parts of engine.io: packets that wait for the transport, and those that a WebSocket transport holds. */
interface Connection {
  writeBuffer: readonly { data?: { length: number } }[];
  transport: { socket?: { bufferedAmount: number } };
}

const waitingIn = ({ writeBuffer }: Connection) =>
  writeBuffer.reduce((bytes, { data }) => bytes + (data?.length ?? 0), 0);

const connectionOf = ({ conn }: Socket) => conn as unknown as Connection;

/** Bytes sent to a socket that its client has not taken yet. */
export function unreadBy(socket: Socket): number {
  const connection = connectionOf(socket);
  return waitingIn(connection) + (connection.transport.socket?.bufferedAmount ?? 0);
}

/** The connection drains when its transport takes the waiting packets. */
export const socketIsReady = (socket: Socket): Promise<void> =>
  readerIsReady(
    socket.conn,
    () => waitingIn(connectionOf(socket)),
    () => !socket.connected || socket.conn.readyState !== 'open',
  );
