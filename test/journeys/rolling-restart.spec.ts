import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from '@outcome/client';
import { io, type Socket } from 'socket.io-client';
import type { Acknowledgement } from '../../src/delivery/socket/socket.contract.js';
import type { OperationEventView, OperationView } from '../../src/operations/contract/operation-view.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { nodeOf } from '../support/cluster-nodes.js';
import { ServiceProcess } from '../support/service-process.js';

/** A quick machine holds thousands: `SOCKETS=2000 npm test -- rolling-restart`. */
const SOCKETS = Number(process.env.SOCKETS ?? 500);
const CLIENTS = Math.ceil(SOCKETS / 20);
const PLAIN = SOCKETS - CLIENTS;
const AT_ONCE = 100;

/** A client as the documentation of Socket.IO writes it: it joins whenever it is connected. */
class PlainFollower {
  readonly versions: number[] = [];
  readonly ended: Promise<void>;
  connects: number[] = [];
  private readonly socket: Socket;

  constructor(url: string, operationId: string) {
    this.socket = io(`${url}/operations`, { transports: ['websocket'], forceNew: true });
    this.ended = new Promise((resolve) => {
      const take = (version: number, done: boolean) => {
        this.versions.push(version);
        if (done) resolve();
      };
      this.socket.on('operation', ({ version, operation }: OperationEventView) => take(version, operation.done));
      this.socket.on('connect', () => {
        this.connects.push(performance.now());
        const join = { operationId, afterVersion: this.versions.at(-1) ?? 0 };
        this.socket.emit('join', join, (answer: Acknowledgement) => {
          if (!answer.ok) throw new Error(`The join was refused: ${answer.problem.detail}`);
          for (const { version } of answer.events ?? [])
            take(version, version === answer.operation?.version && answer.operation.done);
        });
      });
    });
  }

  async connected(): Promise<void> {
    if (!this.socket.connected) await new Promise<void>((resolve) => this.socket.once('connect', () => resolve()));
  }

  get isConnected(): boolean {
    return this.socket.connected;
  }

  close(): void {
    this.socket.disconnect();
  }
}

describe(`${SOCKETS} sockets on two nodes with the role api that are restarted one after the other`, () => {
  let data: TestDatabase;
  let cluster: ServiceProcess;
  let url: string;
  beforeAll(async () => {
    data = await createDatabase();
    cluster = ServiceProcess.spawnCluster({ DATABASE_URL: data.url, SANDBOX_LATENCY_MS: '0' });
    url = await cluster.ready();
  });
  afterAll(async () => {
    await cluster.kill('SIGTERM');
    await data.drop();
  });

  const post = async (path: string, body?: unknown) => {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return (await response.json()) as OperationView;
  };

  test('receive each version once and in order, and come back spread over time', async () => {
    const waiting = { amount: 100, currency: 'EUR', paymentMethod: 'pm_card_authenticationRequired' };
    const { id } = await post('/api/operations', { kind: 'payment.charge', input: waiting });
    const plain: PlainFollower[] = [];
    for (let at = 0; at < PLAIN; at += AT_ONCE) {
      const next = Array.from({ length: AT_ONCE }, () => new PlainFollower(url, id));
      await Promise.all(next.map((follower) => follower.connected()));
      plain.push(...next);
    }
    const clients = Array.from({ length: CLIENTS }, () => createClient({ url, transports: ['socket'] }));
    const followed = clients.map(async (client) => {
      const versions: number[] = [];
      for await (const { version } of client.watch(id)) versions.push(version);
      return versions;
    });

    for (const name of ['api 1', 'api 2']) {
      const before = plain.map(({ connects }) => connects.length);
      await nodeOf(cluster, name).restart('SIGTERM');
      while (!plain.every(({ isConnected }) => isConnected)) await pause(100);
      const again = plain.flatMap(({ connects }, at) => connects.slice(before[at]));
      expect(again.length).toBeGreaterThan(PLAIN / 10);
      expect(Math.max(...again) - Math.min(...again)).toBeGreaterThan(500);
    }
    expect(await post(`/api/operations/${id}/cancel`)).toMatchObject({ id });
    await Promise.all(plain.map(({ ended }) => ended));
    const all = [...(await Promise.all(followed)), ...plain.map(({ versions }) => versions)];
    clients.forEach((client) => client.close());
    plain.forEach((follower) => follower.close());

    const { rows } = await data.client.query<{ version: number }>('SELECT max(version) AS version FROM operation');
    const versions = Array.from({ length: rows[0]?.version ?? 0 }, (_, at) => at + 1);
    expect(versions.length).toBeGreaterThan(2);
    for (const received of all) expect(received).toEqual(versions);
  });
});
