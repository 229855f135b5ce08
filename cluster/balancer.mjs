// Spreads connections over the nodes that are ready, as a load balancer of the network layer does: it looks into none,
// and so serves HTTP, streams and sockets alike, without sticky sessions.
import { connect, createServer } from 'node:net';

const CHECK_MS = 500;
const CHECK_WITHIN_MS = 3000;

/** @typedef {{ url: string, ready: boolean, connections: Set<import('node:net').Socket> }} Backend */

/** @param {string} url of a node */
export const isReady = (url) =>
  fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(CHECK_WITHIN_MS) }).then(
    async (answer) => (await answer.text(), answer.ok),
    () => false,
  );

export class Balancer {
  /** @type {Backend[]} */
  #backends = [];
  #server = createServer({ noDelay: true }, (client) => this.#serve(client));
  /** @type {NodeJS.Timeout | undefined} */
  #checks;

  /** @param {number} port @param {string} host @returns {Promise<number>} the port */
  async listen(port, host) {
    await new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => resolve(undefined));
    });
    this.#checks = setInterval(() => void this.check(), CHECK_MS);
    return /** @type {import('node:net').AddressInfo} */ (this.#server.address()).port;
  }

  /** @param {string} url of a node, which gets connections once it is ready */
  add(url) {
    this.#backends.push({ url, ready: false, connections: new Set() });
  }

  /** Asks each node whether it is ready. */
  async check() {
    await Promise.all(this.#backends.map(async (backend) => (backend.ready = await isReady(backend.url))));
  }

  close() {
    clearInterval(this.#checks);
    this.#server.close();
    for (const { connections } of this.#backends) for (const client of connections) client.destroy();
  }

  /**
   * A node that does not answer is passed over. @param {import('node:net').Socket} client @param {Backend[]} failed
   */
  #serve(client, failed = []) {
    const left = this.#backends.filter((backend) => !failed.includes(backend));
    const [chosen] = [...left].sort(
      (one, other) => Number(other.ready) - Number(one.ready) || one.connections.size - other.connections.size,
    );
    client.removeAllListeners('error').on('error', () => undefined);
    if (!chosen) return client.destroy();
    const { hostname, port } = new URL(chosen.url);
    const node = connect({ host: hostname, port: Number(port), noDelay: true });
    const passOver = () => this.#serve(client, [...failed, chosen]);
    node.once('error', passOver).once('connect', () => {
      node.off('error', passOver).on('error', () => undefined);
      chosen.connections.add(client);
      const end = () => {
        chosen.connections.delete(client);
        client.destroy();
        node.destroy();
      };
      client.pipe(node).pipe(client);
      client.once('close', end);
      node.once('close', end);
    });
  }
}
