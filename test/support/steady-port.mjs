import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below those that Linux gives to connections (net.ipv4.ip_local_port_range) and to servers that ask for any; also with
 * the 10,000 more of the bus of a Redis cluster.
 */
const LEAST = 10_000;
const MOST = 22_000;

/**
 * A free port for a server that starts later, or comes back at one address. No connection takes it meanwhile, as it may
 * with a port that the system has chosen; not even one to it, which would then be its own peer.
 * @returns {Promise<number>}
 */
export async function steadyPort() {
  for (;;) {
    const port = LEAST + Math.floor(Math.random() * (MOST - LEAST));
    const probe = createServer();
    const isFree = once(probe, 'listening').then(
      () => true,
      () => false,
    );
    probe.listen(port, '127.0.0.1');
    if (!(await isFree)) continue;
    await new Promise((resolve) => probe.close(resolve));
    return port;
  }
}
