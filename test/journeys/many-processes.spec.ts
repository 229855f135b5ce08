import { setTimeout as pause } from 'node:timers/promises';
import pLimit from 'p-limit';
import { io } from 'socket.io-client';
import type { OperationEventView, OperationView } from '../../src/operations/contract/operation-view.js';
import { createDatabase, EMPTY, type TestDatabase } from '../support/databases.js';
import { EventStreamClient } from '../support/event-stream-client.js';
import { describeWithRedis, RedisOfTheTest } from '../support/redis-of-the-test.js';
import { eventually, type Service } from '../support/service.js';
import { ServiceProcess } from '../support/service-process.js';
import { chargesOf, expectAllEnded, storedHistories } from '../support/work.js';

const OPERATIONS = 120;
const AT_ONCE = 30;
/** The status in which each kind must end. */
const ENDINGS = {
  pm_card_visa: 'success',
  pm_card_visa_chargeDeclined: 'failed',
  pm_sandbox_charged_answer_lost: 'success',
} as const;
const METHODS = Object.keys(ENDINGS) as (keyof typeof ENDINGS)[];

type Event = Pick<OperationEventView, 'version'> & { operation: { done: boolean } };
/** Shows the events after a version, and resolves when the operation or the connection has ended. */
type Watch = (url: string, id: string, after: number, see: (event: Event) => void) => Promise<void>;

const bySocket: Watch = (url, id, after, see) =>
  new Promise((resolve) => {
    const socket = io(`${url}/operations`, { forceNew: true, transports: ['websocket'], reconnection: false });
    const end = () => {
      socket.close();
      resolve();
    };
    const receive = (event: Event) => {
      see(event);
      if (event.operation.done) end();
    };
    socket.on('operation', receive).on('connect_error', end).on('disconnect', end);
    socket.on('connect', () =>
      socket.emit('join', { operationId: id, afterVersion: after }, ({ events }: { events?: Event[] }) =>
        events ? events.forEach(receive) : end(),
      ),
    );
  });

const byStream: Watch = async (url, id, after, see) => {
  const stream = await EventStreamClient.open(`${url}/api/operations/${id}/events?after=${after}`, {}, ({ data }) => {
    if (data !== undefined) see(JSON.parse(data) as Event);
  });
  await stream.ended;
};

const byPolling: Watch = async (url, id, after, see) => {
  const response = await fetch(`${url}/api/operations/${id}/events?after=${after}`);
  const { items } = (await response.json()) as { items: Event[] };
  items.forEach(see);
};

const byWaiting: Watch = async (url, id, after, see) => {
  await fetch(`${url}/api/operations/${id}`, { headers: { Prefer: 'wait=5', 'If-None-Match': `"v${after}"` } });
  await byPolling(url, id, after, see);
};

const WATCHES = [bySocket, byStream, byWaiting, byPolling];

const PROFILES = [
  ['PostgreSQL alone', describe],
  ['queues and feed on Redis', describeWithRedis],
] as const;

for (const [profile, describeProfile] of PROFILES)
  describeProfile(
    `two apis and two workers that start at the same moment on an empty database, with ${profile}`,
    () => {
      let database: TestDatabase;
      let redis: RedisOfTheTest | undefined;
      let apis: ServiceProcess[];
      let workers: ServiceProcess[];
      let urls: string[];
      beforeAll(async () => {
        database = await createDatabase(EMPTY);
        if (describeProfile === describeWithRedis) redis = await RedisOfTheTest.start();
        const env = {
          DATABASE_URL: database.url,
          REDIS_URL: redis?.url ?? '',
          PUBLIC_URL: 'http://127.0.0.1:9',
          SANDBOX_LATENCY_MS: '200',
          JOB_LOCK_MS: '3000',
          WORKER_CONCURRENCY: '10',
        };
        const spawn = (role: string) => [0, 1].map(() => ServiceProcess.spawn({ ...env, ROLES: role }));
        [apis, workers] = [spawn('api'), spawn('worker')];
        [urls] = await Promise.all([
          Promise.all(apis.map((api) => api.ready())),
          Promise.all(workers.map((worker) => worker.ready())),
        ]);
      }, 150_000);
      afterAll(async () => {
        await ServiceProcess.killAll();
        await redis?.remove();
        await database.drop();
      });

      /** Starts a charge at one api, and if that is gone, at the other with the same key. */
      const start = async (number: number): Promise<OperationView> => {
        const paymentMethod = METHODS[number % METHODS.length];
        const body = JSON.stringify({ kind: 'payment.charge', input: { amount: 100, currency: 'EUR', paymentMethod } });
        const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': `charge-${number}` };
        for (let at = number; ; at += 1) {
          const answer = await fetch(`${urls[at % 2]}/api/operations`, { method: 'POST', headers, body }).catch(
            () => null,
          );
          if (answer?.ok) return (await answer.json()) as OperationView;
          await pause(50);
        }
      };

      /** Every version as it was seen, beginning at the api that did not start the operation. */
      const follow = async (watch: Watch, id: string, number: number): Promise<number[]> => {
        const seen: number[] = [];
        for (let at = number + 1, done = false; !done; at += 1) {
          const see = ({ version, operation }: Event) => {
            seen.push(version);
            done = operation.done;
          };
          await watch(urls[at % 2] ?? '', id, seen.at(-1) ?? 0, see).catch(() => undefined);
          if (!done) await pause(50);
        }
        return seen;
      };

      test('end each charge once and show each version once to every watcher while two of them are killed', async () => {
        const limit = pLimit(AT_ONCE);
        const ended: { id: string; status: string; seen: number[] }[] = [];
        const run = async (number: number) => {
          const { id } = await start(number);
          const watch = WATCHES[Math.floor(number / 2) % WATCHES.length] as Watch;
          const seen = await follow(watch, id, number);
          ended.push({ id, status: ENDINGS[METHODS[number % METHODS.length] as keyof typeof ENDINGS], seen });
        };
        const all = Promise.all(Array.from({ length: OPERATIONS }, (_, number) => limit(() => run(number))));
        for (const [victim, endings] of [
          [workers[0], OPERATIONS / 4],
          [apis[0], OPERATIONS / 2],
        ] as const) {
          await eventually(async () => ended.length >= endings, 100_000);
          expect((await victim?.kill('SIGKILL'))?.signal).toBe('SIGKILL');
        }
        await all;
        // Both the jobs and the notices went through it.
        if (redis) expect(await redis.client.info('commandstats')).toMatch(/evalsha[^]*spublish|spublish[^]*evalsha/);

        const ids = ended.map(({ id }) => id);
        expect(new Set(ids).size).toBe(OPERATIONS);
        await expectAllEnded({ database } as Service, ids);
        const histories = await storedHistories({ database } as Service);
        for (const { id, seen } of ended) expect(seen).toEqual(histories.get(id)?.versions);
        const { rows } = await database.client.query<{ id: string; status: string }>(
          'SELECT id, status FROM operation',
        );
        const statuses = ended.map(({ id, status }) => ({ id, status }));
        expect(rows).toEqual(expect.arrayContaining(statuses));
        expect(rows).toHaveLength(OPERATIONS);
        const charged = statuses.filter(({ status }) => status === 'success').map(({ id }) => id);
        expect([
          await chargesOf({ database } as Service, charged),
          await chargesOf({ database } as Service, ids),
        ]).toEqual([charged.length, charged.length]);
      }, 150_000);

      test('leave two that stop as they should', async () => {
        for (const survivor of [apis[1], workers[1]]) expect((await survivor?.kill('SIGTERM'))?.code).toBe(0);
      }, 60_000);
    },
  );
