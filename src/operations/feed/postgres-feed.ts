import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { z } from 'zod';
import { CONFIG, type RunningConfig } from '../../config/config.js';
import type { Connection } from '../../database/connection.js';
import { Listener } from '../../database/listener.js';
import { StopsIn } from '../../shutdown/shutdown.js';
import { type ChangeNotice, OperationFeed } from './operation-feed.js';

const CHANNEL = 'outcome_operations';

/** PostgreSQL takes payloads below 8,000 bytes; an id and its version take up to 50. */
const MOST_IN_A_PAYLOAD = 150;
const NOTIFY = {
  name: 'feed-notify',
  text: `SELECT pg_notify('${CHANNEL}', payload) FROM unnest($1::text[]) AS payload`,
};

const message = z.object({
  /** The process that sent it, which has delivered it already. */
  from: z.string(),
  /** `hello` is answered by `here`. */
  says: z.enum(['hello', 'here']).optional(),
  /** The newest version of each operation. */
  versions: z.record(z.string(), z.int()).default({}),
});
type Message = z.input<typeof message>;

/**
 * The feed of processes that share a database: LISTEN/NOTIFY on one connection of its own, which comes back by itself.
 * Notices of one commit leave together, and notices that come while a NOTIFY is under way leave with the next: each
 * takes a lock on the database that all notifying commits share. Sends nothing until another process listens. Whatever
 * is lost, the catch-up finds.
 */
@Injectable()
@StopsIn('connections')
export class PostgresFeed extends OperationFeed implements OnApplicationBootstrap {
  private readonly log = new Logger(PostgresFeed.name);
  private readonly self = randomUUID();
  private readonly listener: Listener;
  /** While it listens. */
  private connection: Connection | undefined;
  private othersListen = false;
  private readonly unsent = new Map<string, number>();
  private isSending = false;

  constructor(@Inject(CONFIG.database) { directUrl: url }: Pick<RunningConfig['database'], 'directUrl'>) {
    super();
    this.listener = new Listener({
      url,
      channel: CHANNEL,
      onListening: (connection) => {
        this.connection = connection;
        return this.send(connection, [{ says: 'hello' }]);
      },
      onNotification: (payload, connection) => this.receive(connection, payload),
      onBroken: (err) =>
        this.log.warn({ msg: 'the feed is broken: news of other processes comes up to 2 s late', err }),
      onLost: () => {
        this.connection = undefined;
        this.unsent.clear();
      },
    });
  }

  onApplicationBootstrap(): void {
    this.listener.start();
  }

  override publish(notice: ChangeNotice): void {
    this.deliver(notice);
    if (!this.connection || !this.othersListen) return;
    const { operationId, version } = notice;
    this.unsent.set(operationId, Math.max(version, this.unsent.get(operationId) ?? 0));
    if (!this.isSending) void this.sendAll(this.connection);
  }

  stop(): Promise<void> {
    return this.listener.stop();
  }

  private async sendAll(connection: Connection): Promise<void> {
    this.isSending = true;
    try {
      // The whole commit is published in one turn of the event loop, and its client is answered first.
      await setImmediate();
      while (this.unsent.size > 0) {
        const versions = [...this.unsent];
        this.unsent.clear();
        const messages: Partial<Message>[] = [];
        for (let at = 0; at < versions.length; at += MOST_IN_A_PAYLOAD)
          messages.push({ versions: Object.fromEntries(versions.slice(at, at + MOST_IN_A_PAYLOAD)) });
        await this.send(connection, messages);
      }
    } catch (error) {
      connection.emit('error', error);
    } finally {
      this.isSending = false;
    }
  }

  private async send(connection: Connection, messages: readonly Partial<Message>[]): Promise<void> {
    const payloads = messages.map((message) => JSON.stringify({ from: this.self, ...message }));
    await connection.query({ ...NOTIFY, values: [payloads] });
  }

  private receive(connection: Connection, payload: string): void {
    const received = this.read(payload);
    if (!received || received.from === this.self) return;
    const { says, versions } = received;
    this.othersListen = true;
    if (says === 'hello')
      this.send(connection, [{ says: 'here' }]).catch((error: unknown) => connection.emit('error', error));
    for (const [operationId, version] of Object.entries(versions)) this.deliver({ operationId, version });
  }

  /** Every login of the database can write to the channel. */
  private read(payload: string): z.output<typeof message> | undefined {
    try {
      return message.parse(JSON.parse(payload));
    } catch (err) {
      this.log.warn({ msg: 'expected a message of the feed, found something else', payload, err });
      return undefined;
    }
  }
}
