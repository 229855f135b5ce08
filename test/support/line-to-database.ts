import { connect, createServer, type Socket } from 'node:net';
import type { TestDatabase } from './databases.js';
import { steadyPort } from './steady-port.mjs';

/** A proxy to a database that the test can cut and restore like a network. */
export class LineToDatabase {
  private readonly ends = new Set<Socket>();
  private readonly silent = new WeakSet<Socket>();
  private isSilent = false;
  private breaking: string | undefined;

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    readonly url: string,
    private readonly port: number,
    private target: URL,
  ) {}

  static async to({ url }: Pick<TestDatabase, 'url'>): Promise<LineToDatabase> {
    const server = createServer();
    const own = await steadyPort();
    await new Promise<void>((resolve) => server.listen(own, '127.0.0.1', resolve));
    const line = new LineToDatabase(
      server,
      Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(own) }).toString(),
      own,
      new URL(url),
    );
    server.on('connection', (near) => {
      const far = connect(Number(line.target.port), line.target.hostname);
      if (line.isSilent) line.silent.add(near);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        line.ends.add(from);
        const isSilent = () => line.silent.has(from) || line.silent.has(to);
        from.on('data', (chunk) => {
          if (line.breaking !== undefined && chunk.includes(line.breaking)) return line.break();
          if (!isSilent()) to.write(chunk);
        });
        from.on('end', () => isSilent() || to.end());
        from.on('error', () => to.destroy());
        from.on('close', () => line.ends.delete(from));
      }
    });
    return line;
  }

  /** New connections lead to another server, as after a failover; open ones stay. */
  leadTo({ url }: { url: string }): void {
    this.target = new URL(url);
  }

  /** Keeps open connections, accepts new ones, and passes neither bytes nor an end, like a dead firewall. */
  silence(): void {
    for (const end of this.ends) this.silent.add(end);
    this.isSilent = true;
  }

  /** New connections work; silenced ones stay silent. */
  speak(): void {
    this.isSilent = false;
  }

  /** Silences every open connection; new ones work. */
  silenceOpenOnes(): void {
    this.silence();
    this.speak();
  }

  /** Breaks every connection when a statement with these words is sent. */
  breakAt(words: string): void {
    this.breaking = words;
  }

  /** Breaks every open connection; new ones work. */
  break(): void {
    for (const end of this.ends) end.destroy();
  }

  /** Breaks all connections and refuses new ones. */
  async cut(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const end of this.ends) end.destroy();
    await closed;
  }

  mend(): Promise<void> {
    return new Promise((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
  }
}
