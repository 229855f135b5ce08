import { connect, createServer, type Server, type Socket } from 'node:net';
import { isWhole } from './postgres-messages.js';

/** Replaces an answer of the database. Undefined: the connection breaks. */
export type Tampering = (answer: Buffer) => Buffer | undefined;

interface Planned {
  words: string;
  tampering: Tampering;
}

/** A proxy to a database that can lose or change an answer after the database has executed the statement. */
export class TamperedLine {
  private readonly ends = new Set<Socket>();
  private readonly planned: Planned[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async to({ url }: { url: string }): Promise<TamperedLine> {
    const { hostname, port } = new URL(url);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const own = (server.address() as { port: number }).port;
    const line = new TamperedLine(
      server,
      Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(own) }).toString(),
    );
    server.on('connection', (near) => line.join(near, connect(Number(port), hostname)));
    return line;
  }

  /** Tampers with the answer to the next statement that contains these words. */
  plan(words: string, tampering: Tampering): void {
    this.planned.push({ words, tampering });
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const end of this.ends) end.destroy();
    await closed;
  }

  private join(near: Socket, far: Socket): void {
    let now: Planned | undefined;
    let answer = Buffer.alloc(0);
    near.on('data', (chunk) => {
      const at = now ? -1 : this.planned.findIndex(({ words }) => chunk.includes(words));
      if (at >= 0) [now] = this.planned.splice(at, 1);
      far.write(chunk);
    });
    far.on('data', (chunk) => {
      if (!now) return near.write(chunk);
      answer = Buffer.concat([answer, chunk]);
      if (!isWhole(answer)) return undefined;
      const changed = now.tampering(answer);
      [now, answer] = [undefined, Buffer.alloc(0)];
      return changed ? near.write(changed) : near.destroy();
    });
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.ends.add(end);
      end.on('error', () => undefined);
      end.on('close', () => {
        this.ends.delete(end);
        other.destroy();
      });
    }
  }
}
