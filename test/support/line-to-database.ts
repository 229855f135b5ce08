import { connect, createServer, type Socket } from 'node:net';
import type { TestDatabase } from './databases.js';

/** A connection to a database that the test can cut and mend, as a network would. */
export class LineToDatabase {
  private readonly ends = new Set<Socket>();
  private readonly silent = new WeakSet<Socket>();
  private isSilent = false;
  private breaking: string | undefined;

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    readonly url: string,
    private readonly port: number,
  ) {}

  static async to({ url }: Pick<TestDatabase, 'url'>): Promise<LineToDatabase> {
    const { hostname, port } = new URL(url);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const own = (server.address() as { port: number }).port;
    const line = new LineToDatabase(
      server,
      Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(own) }).toString(),
      own,
    );
    server.on('connection', (near) => {
      const far = connect(Number(port), hostname);
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

  /**
   * Open connections stay, new ones are accepted, and nothing comes over any: neither bytes nor an end, as behind a
   * dead firewall.
   */
  silence(): void {
    for (const end of this.ends) this.silent.add(end);
    this.isSilent = true;
  }

  /** New connections work; the silent ones stay silent. */
  speak(): void {
    this.isSilent = false;
  }

  /** Every connection that is open goes silent; new ones work. */
  silenceOpenOnes(): void {
    this.silence();
    this.speak();
  }

  /** Every connection breaks as soon as a statement with these words is sent over one of them. */
  breakAt(words: string): void {
    this.breaking = words;
  }

  /** Every connection that is open breaks; new ones work. */
  break(): void {
    for (const end of this.ends) end.destroy();
  }

  /** Connections break, and no new ones are made. */
  async cut(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const end of this.ends) end.destroy();
    await closed;
  }

  mend(): Promise<void> {
    return new Promise((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
  }
}
