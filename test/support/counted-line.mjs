// A proxy to a PostgreSQL server that counts its statements and round trips.
import { connect, createServer } from 'node:net';

const HEAD = 5;
const TITLE_LENGTH = 70;

/**
 * Messages (postgresql.org/docs/18/protocol-message-formats.html) out of a stream of bytes; a client's first one has no
 * type. @param {(type: string, body: Buffer) => void} receive
 */
function messageReader(receive, { first = HEAD } = {}) {
  let rest = Buffer.alloc(0);
  let head = first;
  return (/** @type {Buffer} */ chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let length; rest.length >= head; rest = rest.subarray(length), head = HEAD) {
      length = head - 4 + rest.readInt32BE(head - 4);
      if (rest.length < length) return;
      receive(head === HEAD ? String.fromCharCode(rest[0]) : '', rest.subarray(head, length));
    }
  };
}

/** The text up to each zero byte. @param {Buffer} body */
const textsIn = (body) => body.toString('latin1').split('\0', 2);

/** @param {string} name @param {string} text */
const titleOf = (name, text) => name || text.replace(/^--/, '').replace(/\s+/g, ' ').trim().slice(0, TITLE_LENGTH);

/**
 * Counts statements, by name or by their first words, and round trips: a round trip ends when nothing is left to be
 * answered on its connection.
 */
export class CountedLine {
  statements = 0;
  roundTrips = 0;
  /** Of all connections, what the database has still to answer. */
  unanswered = 0;
  /** @type {Map<string, number>} */
  byTitle = new Map();
  /** @type {Set<import('node:net').Socket>} */
  #ends = new Set();
  #server;

  /** @param {import('node:net').Server} server @param {string} url */
  constructor(server, url) {
    this.#server = server;
    this.url = url;
  }

  /** @param {string} url of the database */
  static async to(url) {
    const { hostname, port } = new URL(url);
    const server = createServer({ noDelay: true });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
    const own = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
    const near = Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(own) }).toString();
    const line = new CountedLine(server, near);
    server.on('connection', (client) =>
      line.#join(client, connect({ host: hostname, port: Number(port), noDelay: true })),
    );
    return line;
  }

  /** The counts so far. */
  counts() {
    return { statements: this.statements, roundTrips: this.roundTrips, byTitle: new Map(this.byTitle) };
  }

  async stop() {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const end of this.#ends) end.destroy();
    await closed;
  }

  /** @param {import('node:net').Socket} client @param {import('node:net').Socket} database */
  #join(client, database) {
    /** @type {Map<string, string>} */
    const prepared = new Map();
    let bound = '';
    let unanswered = 0;
    const asked = () => {
      if (unanswered === 0) this.roundTrips += 1;
      unanswered += 1;
      this.unanswered += 1;
    };
    const executed = (/** @type {string} */ title) => {
      this.statements += 1;
      this.byTitle.set(title, (this.byTitle.get(title) ?? 0) + 1);
    };
    const readClient = messageReader(
      (type, body) => {
        const [one = '', two = ''] = 'PBQ'.includes(type) && type ? textsIn(body) : [];
        if (type === 'P') prepared.set(one, titleOf(one, two));
        else if (type === 'B') bound = prepared.get(two) ?? two;
        else if (type === 'E') executed(bound);
        else if (type === 'S') asked();
        else if (type === 'Q') {
          executed(titleOf('', one));
          asked();
        }
      },
      { first: 4 },
    );
    const readDatabase = messageReader((type) => {
      if (type !== 'Z' || unanswered === 0) return;
      unanswered -= 1;
      this.unanswered -= 1;
    });
    client.on('data', readClient);
    database.on('data', readDatabase);
    client.pipe(database).pipe(client);
    for (const end of [client, database]) {
      this.#ends.add(end);
      end.on('error', () => undefined);
      end.on('close', () => {
        this.#ends.delete(end);
        this.unanswered -= unanswered;
        unanswered = 0;
        client.destroy();
        database.destroy();
      });
    }
  }
}
