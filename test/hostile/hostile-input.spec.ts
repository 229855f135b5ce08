import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { PROBLEMS } from '../../src/problems/catalogue.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { ServiceProcess } from '../support/service-process.js';
import { type DescribedPush, type HostileFrames, hubFrames, socketFrames } from './hostile-frames.js';
import { type Described, type HostileRequest, hostileRequests } from './hostile-requests.js';
import { type Answer, HostileSender, HostileSocket, HUB, type Protocol, SOCKET_IO } from './hostile-sender.js';
import { MINUTES } from '../../src/time/durations.js';
import { PLANTED } from './hostile-values.js';

const CASES = Number(process.env['HOSTILE_CASES'] ?? 10_000);
/** The same by default, so that a change is judged by what it changes. */
const SEED = Number(process.env['HOSTILE_SEED'] ?? 3);

const MOST_BYTES = 300_000;
const MOST_CPU_MS = 50;
/** Sent between two looks at the processor time: none of them takes more than all of them together. */
const AT_ONCE = 10;
const MOST_GROWTH_MB = 16;
/** Others use the machine too, and a collection of garbage falls on one request. */
const ATTEMPTS_ALONE = 4;

const LONGEST_TEST_MS = Math.max(5 * MINUTES, CASES * 50);

const part = (share: number) => Math.ceil((CASES * share) / AT_ONCE);

describe(`hostile input, with HOSTILE_SEED=${SEED}`, () => {
  let database: TestDatabase;
  let service: ServiceProcess;
  let url: string;
  const faults: string[] = [];
  const accepted = new Set<string>();
  /** Two that have ended, and one that waits for its customer. */
  let known: string[] = [];

  beforeAll(async () => {
    database = await createDatabase();
    const reporter = pathToFileURL('test/hostile/usage-reporter.mjs').href;
    service = ServiceProcess.spawn({
      DATABASE_URL: database.url,
      LOG_LEVEL: 'trace',
      JOB_LOCK_MS: '15000',
      LIMIT_STARTS: '0',
      LIMIT_READS: '0',
      LIMIT_ANONYMOUS: '0',
      LIMIT_STREAMS: '0',
      NODE_OPTIONS: `--import ${reporter}`,
    });
    url = await service.ready();
    known = await Promise.all(
      ['pm_card_visa', 'pm_card_visa_chargeDeclined', 'pm_card_authenticationRequired'].map(started),
    );
  });
  afterAll(async () => {
    await ServiceProcess.killAll();
    await database.drop();
  });

  async function started(paymentMethod: string): Promise<string> {
    const response = await fetch(`${url}/api/operations`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Prefer: 'wait=10' },
      body: JSON.stringify({ kind: 'payment.charge', input: { amount: 1999, currency: 'EUR', paymentMethod } }),
    });
    const { id } = (await response.json()) as { id: string };
    accepted.add(id);
    return id;
  }

  const json = async <Body>(path: string) => (await (await fetch(url + path)).json()) as Body;

  const report = (fault: string, given: unknown) => {
    const text = JSON.stringify(given, (_, value: unknown) => {
      const shown = isBytes(value) ? Buffer.from(value.data).toString('latin1') : value;
      return typeof shown === 'string' && shown.length > 200 ? `${shown.slice(0, 200)}… of ${shown.length}` : shown;
    });
    faults.push(`${fault}: ${text}`);
  };

  /** Sends cases by ten, and finds those that take too much of the processor. */
  async function sendAll<Case>(
    cases: fc.Arbitrary<Case>,
    windows: number,
    sendOne: (given: Case) => Promise<void>,
  ): Promise<void> {
    for (let window = 0; window < windows; window += 1) {
      const given = fc.sample(cases, { seed: SEED + window, numRuns: AT_ONCE });
      const before = await service.usage();
      await Promise.all(given.map(sendOne));
      const { cpuMs } = await service.usage();
      if (cpuMs - before.cpuMs <= MOST_CPU_MS) continue;
      for (const each of given) {
        const least = await leastCpu(() => sendOne(each));
        if (least > MOST_CPU_MS) report(`${Math.round(least)} ms of processor time`, each);
      }
    }
  }

  async function leastCpu(send: () => Promise<void>): Promise<number> {
    let least = Infinity;
    for (let attempt = 0; attempt < ATTEMPTS_ALONE && least > MOST_CPU_MS; attempt += 1) {
      const before = await service.usage();
      await send();
      least = Math.min(least, (await service.usage()).cpuMs - before.cpuMs);
    }
    return least;
  }

  const heap = async () => (await service.usage(true)).heapMb;

  const problemIn = ({ type, body, status }: Answer): string | undefined => {
    if (status < 400) return undefined;
    if (status >= 500) return `${status}`;
    if (type !== 'application/problem+json') return undefined;
    const { code } = JSON.parse(body) as { code: keyof typeof PROBLEMS };
    return PROBLEMS[code]?.status === status ? undefined : `${status} with the code ${code}`;
  };

  test(
    'is refused or taken by every route, at a small cost',
    async () => {
      const requests = hostileRequests(await json<Described>('/docs-json'), {
        id: known,
        chargeOperationId: known,
        operationId: known,
        name: ['sandbox', 'stripe'],
      });
      const sender = new HostileSender(url);
      const counts = new Map<number, number>();
      const sendOne = async (given: HostileRequest) => {
        const answer = await sender.ask(given).catch((error: unknown) => report(String(error), given));
        if (!answer) return;
        const { status, bytes, body } = answer;
        counts.set(status, (counts.get(status) ?? 0) + 1);
        if (bytes > MOST_BYTES) report(`an answer of ${bytes} bytes`, given);
        const problem = given.method === 'HEAD' ? undefined : problemIn(answer);
        if (problem) report(problem + body.slice(0, 300), given);
        const id = /^\{"(?:id|operationId)":"([\da-f-]{36})"/.exec(body)?.[1];
        if (status < 300 && id) accepted.add(id);
      };
      // What is loaded at its first use, and made fast by use, is not a cost of a request.
      await sendAll(requests, 20, sendOne);
      faults.length = 0;
      const before = await heap();
      await sendAll(requests, part(0.7), sendOne);
      sender.close();
      const grown = (await heap()) - before;

      expect(faults.slice(0, 10)).toEqual([]);
      expect(grown).toBeLessThan(MOST_GROWTH_MB);
      expect(counts.get(202)).toBeGreaterThan(CASES / 500);
    },
    LONGEST_TEST_MS,
  );

  test.each<[string, Protocol, typeof socketFrames]>([
    ['Socket.IO', SOCKET_IO, socketFrames],
    ['the hub', HUB, hubFrames],
  ])(
    'is refused or taken by %s, at a small cost',
    async (_, protocol, framesOf) => {
      const frames = framesOf(await json<DescribedPush>('/docs/async'), known);
      const sendOne = async (given: HostileFrames, socket: HostileSocket) => {
        const received = await socket.send(given).catch((error: unknown) => report(String(error), given));
        if (!received) return;
        const bytes = received.join('').length;
        if (bytes > MOST_BYTES) report(`an answer of ${bytes} bytes`, given);
        if (/"status":5\d\d|internal_error|storage_unavailable/.test(received.join('')))
          report(received.join('').slice(0, 300), given);
      };
      const talk = async (windows: number) => {
        let socket = new HostileSocket(url, protocol);
        let sent = 0;
        // One after the other, over one connection until it is closed, or has sent as much as it may at once.
        let turn = Promise.resolve();
        await sendAll(frames, windows, (given) => {
          turn = turn.then(async () => {
            if (++sent % 100 === 0) {
              socket.close();
              socket = new HostileSocket(url, protocol);
            }
            await sendOne(given, socket);
          });
          return turn;
        });
        socket.close();
      };
      await talk(5);
      faults.length = 0;
      const before = await heap();
      await talk(part(0.15));
      const grown = (await heap()) - before;

      expect(faults.slice(0, 10)).toEqual([]);
      expect(grown).toBeLessThan(MOST_GROWTH_MB);
    },
    LONGEST_TEST_MS,
  );

  test('has left nothing in the tables but what was accepted', async () => {
    const { rows } = await database.client.query<{ id: string; kind: string }>('SELECT id, kind FROM operation');
    const unknown = rows.filter(({ id, kind }) => kind !== 'payment.reversal' && !accepted.has(id));
    expect(unknown).toEqual([]);
  });

  test('has left neither its texts nor errors in the log', async () => {
    const { output, code } = await service.kill('SIGTERM');
    const lines = output.split('\n').filter((line) => line.startsWith('{'));
    const alarms = lines.filter((line) => ['error', 'fatal'].includes((JSON.parse(line) as { level: string }).level));

    expect(code).toBe(0);
    expect(lines.length).toBeGreaterThan(CASES / 2);
    expect(alarms.slice(0, 5)).toEqual([]);
    expect(
      output
        .split('\n')
        .filter((line) => line.includes(PLANTED))
        .slice(0, 5),
    ).toEqual([]);
  });
});

function isBytes(value: unknown): value is { type: 'Buffer'; data: number[] } {
  return (value as { type?: unknown } | null)?.type === 'Buffer';
}
