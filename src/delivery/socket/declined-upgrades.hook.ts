import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * Answers a request that offers another protocol as if it did not, as a server may (RFC 9110, section 7.8): curl
 * --http2 and Java's HttpClient offer h2c with ordinary requests. Node does so without an 'upgrade' listener; Socket.IO
 * adds one, and hangs up on other protocols. So the server parses such a request a second time, without the offer.
 *
 * @param takerOf what takes an upgrade, which may be Socket.IO's listeners; undefined declines it
 */
export function declineUpgrades(
  server: Server,
  takerOf: (request: IncomingMessage, socketIo: UpgradeListener) => UpgradeListener | undefined,
): void {
  const listeners = server.listeners('upgrade') as UpgradeListener[];
  if (listeners.length === 0) return;
  server.removeAllListeners('upgrade');
  const socketIo: UpgradeListener = (...upgrade) => listeners.forEach((listener) => listener.apply(server, upgrade));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const take = takerOf(request, socketIo);
    if (take) return take(request, socket, head);
    // The server's own listener, which it adds again.
    socket.removeAllListeners('timeout');
    socket.unshift(Buffer.concat([Buffer.from(headWithoutUpgrade(request), 'latin1'), head]));
    server.emit('connection', socket);
  });
}

/** Node reads header values as Latin-1. */
function headWithoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() !== 'upgrade') lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
