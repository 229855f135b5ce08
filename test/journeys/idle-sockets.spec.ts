import { pathToFileURL } from 'node:url';
import { WebSocket } from 'ws';
import type { OperationView } from '../../src/operations/contract/operation-view.js';
import { SECONDS } from '../../src/time/durations.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { ServiceProcess } from '../support/service-process.js';
import { eventually } from '../support/service.js';

interface Limits {
  userLimits: { open_files: { soft: number | 'unlimited' } };
}

const { soft } = (process.report.getReport() as unknown as Limits).userLimits.open_files;
/** As many as this process may open, and 10,000 at most. */
const SOCKETS = Math.min(10_000, soft === 'unlimited' ? Infinity : soft - 1000);
const AT_ONCE = 200;
/** The service asks each socket every 6 s whether it is there, and waits 20 s for the answer. */
const ASKED_TWICE_WITHIN = 100 * SECONDS;

/** A Socket.IO client in a page that shows nothing: it is in the namespace, answers pings, and joins no room. */
class IdleSocket {
  pings = 0;
  isConnected = false;
  closed: string | undefined;
  private readonly socket: WebSocket;
  readonly connected: Promise<void>;

  constructor(url: string) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    this.connected = new Promise((resolve, reject) => {
      this.socket.on('error', reject);
      this.socket.on('message', (data: Buffer) => {
        const packet = data.toString();
        if (packet.startsWith('0')) this.socket.send('40/operations,');
        else if (packet === '2') {
          this.pings += 1;
          this.socket.send('3');
        } else if (packet.startsWith('40/operations,')) {
          this.isConnected = true;
          resolve();
        }
      });
    });
    this.socket.on('close', (code) => {
      this.isConnected = false;
      this.closed = `closed with ${code}`;
    });
  }

  close(): void {
    this.socket.terminate();
  }
}

describe(`${SOCKETS} idle sockets on one node`, () => {
  let data: TestDatabase;
  let service: ServiceProcess;
  let url: string;
  const sockets: IdleSocket[] = [];
  beforeAll(async () => {
    data = await createDatabase();
    const preloaded = ['test/hostile/usage-reporter.mjs', 'test/support/quick-pings.mjs'];
    const NODE_OPTIONS = preloaded.map((file) => `--import ${pathToFileURL(file).href}`).join(' ');
    service = ServiceProcess.spawn({ DATABASE_URL: data.url, NODE_OPTIONS });
    url = await service.ready();
  });
  afterAll(async () => {
    for (const socket of sockets) socket.close();
    await service.kill('SIGTERM');
    await data.drop();
  });

  test('stay connected, cost little memory, and keep nobody from starting and following', async () => {
    const { heapMb: before } = await service.usage(true);
    while (sockets.length < SOCKETS) {
      const next = Array.from({ length: Math.min(AT_ONCE, SOCKETS - sockets.length) }, () => new IdleSocket(url));
      sockets.push(...next);
      await Promise.all(next.map(({ connected }) => connected));
    }
    await eventually(async () => sockets.every(({ pings }) => pings >= 2), ASKED_TWICE_WITHIN);
    expect(sockets.filter(({ isConnected }) => !isConnected).map(({ closed }) => closed)).toEqual([]);
    const { heapMb } = await service.usage(true);
    expect((1000 * (heapMb - before)) / SOCKETS).toBeLessThan(40);

    const response = await fetch(`${url}/api/operations`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Prefer: 'wait=30, until=end' },
      body: JSON.stringify({
        kind: 'payment.charge',
        input: { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' },
      }),
    });
    expect((await response.json()) as OperationView).toMatchObject({ status: 'success', done: true });
  }, 300_000);
});
