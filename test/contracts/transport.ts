import { setImmediate } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { QueryBus } from '@nestjs/cqrs';
import { Authenticator } from '../../src/access/authenticator.js';
import { OperationFeed } from '../../src/operations/feed/operation-feed.js';
import { GetHistory } from '../../src/operations/queries/get-history.query.js';
import type { ChangeNotice } from '../../src/operations/feed/operation-feed.js';
import type { ProblemDocument } from '../../src/problems/problem.js';
import { SECONDS } from '../../src/time/durations.js';
import { createKey } from '../support/api-keys.js';
import { changedToken } from '../support/changed-token.js';
import { DrivenOperation, versionsFrom } from '../support/driven-operation.js';
import type { EventRecorder } from '../support/event-recorder.js';
import type { HeldClock } from '../support/held-clock.js';
import { holdClock } from '../support/maintenance.js';
import { eventually, Service } from '../support/service.js';
import { connectionsOf, followersOf, nobodyFollows } from '../support/watchers.js';

/** A client of one transport. */
export interface Transport {
  /**
   * Follows an operation from a version on; resolves with the first answer, whose events the recorder receives like
   * later ones. `gone` aborts when the client disconnects before it. Where access is closed, with a token, whose end
   * ends the recording, too.
   * @throws Refused
   */
  listen(
    url: string,
    operationId: string,
    afterVersion: number,
    gone?: AbortSignal,
    token?: string,
  ): Promise<Listening>;
}

export interface Listening {
  recorder: EventRecorder;
  /** Ends the connection like a lost network. */
  cut(): void;
}

export class ProblemError extends Error {
  constructor(readonly problem: ProblemDocument) {
    super(problem.detail);
  }
}

interface Watched {
  operation: DrivenOperation;
  /** Its watch token, for so many seconds. */
  token: (seconds: number) => Promise<string>;
}

/** An operation of a service that asks for credentials. */
async function startWatched(service: Service, headers: Record<string, string>): Promise<Watched> {
  const input = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_visa' };
  const { body } = await service.start('payment.charge', input, { headers });
  const { id, watchToken } = body as typeof body & { watchToken?: string };
  const exp = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
  return {
    operation: await DrivenOperation.of(service, id),
    token: (seconds) => changedToken(watchToken, { claims: { exp: exp(seconds) } }),
  };
}

const UNKNOWN_ID = '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70';

/** The contract of every transport: each version after the last one seen, in order, once, up to the ending. */
export function describeTransports(transports: Readonly<Record<string, Transport>>): void {
  describe('following', () => {
    let service: Service;
    let feed: OperationFeed;
    beforeAll(async () => {
      service = await Service.start({ ROLES: 'api' });
      feed = service.outcome.app.get(OperationFeed, { strict: false });
    });
    afterAll(() => service.stop());

    describe.each(Object.entries(transports))('by %s', (_, { listen }) => {
      afterEach(async () => {
        jest.restoreAllMocks();
        await nobodyFollows(service);
      });

      /** Runs `before` ahead of the answer to each query of the service. */
      const interfere = (before: (query: unknown) => Promise<void>) => {
        const queries = service.outcome.app.get(QueryBus, { strict: false });
        const execute = queries.execute.bind(queries);
        jest.spyOn(queries, 'execute').mockImplementation((query) => before(query).then(() => execute(query)));
      };
      /** Restores an earlier version, as after a crash that lost commits, or on a standby that is behind. */
      const setBack = async (id: string, version: number) => {
        const { client } = service.database;
        await client.query('DELETE FROM operation_event WHERE operation_id = $1 AND version > $2', [id, version]);
        await client.query('UPDATE operation SET version = $2 WHERE id = $1', [id, version]);
      };
      /** Ends it in a process whose notices do not arrive here. */
      const endElsewhere = async (id: string) => {
        jest.spyOn(feed, 'publish').mockImplementation(() => undefined);
        await (await DrivenOperation.of(service, id)).succeed();
        jest.restoreAllMocks();
      };
      const listenTo = (operation: DrivenOperation, afterVersion = 0) =>
        listen(service.url, operation.id, afterVersion);

      test('a new client receives every event live, and the end after the last one', async () => {
        const operation = await DrivenOperation.start(service);
        const { recorder } = await listenTo(operation);
        await recorder.reached(1);
        await operation.progress();
        await recorder.reached(2);
        await operation.progress();
        await recorder.reached(3);
        await operation.succeed();
        await recorder.over;

        expect(recorder.recorded).toEqual(await service.history(operation.id));
        expect(recorder.recorded.map(({ type }) => type)).toEqual([
          'operation.started',
          'operation.processing',
          'operation.progressed',
          'operation.succeeded',
        ]);
      });

      test('a client that sends its last version receives the later ones', async () => {
        const operation = await DrivenOperation.start(service);
        await operation.progress();
        await operation.progress();
        const { recorder } = await listenTo(operation, 2);
        await operation.succeed();
        await recorder.over;

        expect(recorder.versions).toEqual([3, 4]);
      });

      test('a client that joins after the ending receives what it has not seen, and the end', async () => {
        const operation = await DrivenOperation.ended(service);
        const listening = await Promise.all(
          [0, 1, 2, 3, 1000].map((afterVersion) => listenTo(operation, afterVersion)),
        );
        await Promise.all(listening.map(({ recorder }) => recorder.over));

        // A client that is ahead of the store has seen lost versions: it receives the ending all the same.
        expect(listening.map(({ recorder }) => recorder.versions)).toEqual([[1, 2, 3], [2, 3], [3], [], [3]]);
      });

      test('a client that is ahead of the store receives the stored version and later ones', async () => {
        const operation = await DrivenOperation.start(service);
        await operation.progress();
        const { recorder } = await listenTo(operation, 1000);
        await recorder.reached(2);
        await operation.progress();
        await operation.succeed();
        await recorder.over;

        expect(recorder.versions).toEqual([2, 3, 4]);
      });

      test('a client that follows while the database is restored receives the ending, whatever its version', async () => {
        const cases = await Promise.all(
          [2, 3, 4].map(async (stepsThatAreLost) => {
            const operation = await DrivenOperation.start(service);
            for (let step = 1; step <= 5; step += 1) await operation.progress();
            const { recorder } = await listenTo(operation);
            await recorder.reached(6);
            return { operation, recorder, stepsThatAreLost };
          }),
        );
        for (const { operation, stepsThatAreLost } of cases) {
          await setBack(operation.id, 6 - stepsThatAreLost);
          await endElsewhere(operation.id);
        }
        // The catch-up finds them together.
        await Promise.all(cases.map(({ recorder }) => recorder.over));
        for (const { recorder } of cases) expect(recorder.recorded.at(-1)?.operation.done).toBe(true);
      });

      test('a history longer than a page arrives whole and in order, followed by the events of the meantime', async () => {
        const operation = await DrivenOperation.start(service);
        while (operation.version < 250) await operation.progress();
        const { recorder } = await listenTo(operation);
        await operation.succeed();
        await recorder.over;

        expect(recorder.versions).toEqual(versionsFrom(1, 251));
        expect(new Set(recorder.recorded.map(({ operation }) => JSON.stringify(operation.metadata))).size).toBe(1);
      });

      test('a client receives the rest in order, without a gap or a duplicate, whenever it joins and whatever it has seen', async () => {
        const operation = await DrivenOperation.start(service);
        const comers: { afterVersion: number; listening: Promise<Listening> }[] = [];
        const come = (...versions: number[]) =>
          comers.push(
            ...versions.map((afterVersion) => ({ afterVersion, listening: listenTo(operation, afterVersion) })),
          );
        for (let step = 1; step <= 8; step += 1) {
          come(Math.floor(operation.version / 2), operation.version);
          await operation.progress();
        }
        come(0, operation.version);
        await operation.succeed();
        come(0, operation.version - 1);
        const received = await Promise.all(
          comers.map(async ({ listening }) => {
            const { recorder } = await listening;
            await recorder.over;
            return recorder.versions;
          }),
        );

        expect(received).toEqual(comers.map(({ afterVersion }) => operation.versionsAfter(afterVersion)));
      });

      test('notices that are lost, duplicated, late or empty do not change what a client receives', async () => {
        const publish = feed.publish.bind(feed);
        const late: ChangeNotice[] = [];
        jest.spyOn(feed, 'publish').mockImplementation((notice) => {
          const { operationId, version } = notice;
          if (version % 5 === 0) publish({ operationId, version });
          if (version % 5 === 1) publish(notice);
          if (version % 5 === 2) for (const _ of [1, 2]) publish(notice);
          if (version % 5 === 3) late.push(notice);
        });
        const operation = await DrivenOperation.start(service);
        const { recorder } = await listenTo(operation);
        for (let step = 1; step <= 12; step += 1) await operation.progress();
        for (const notice of late.reverse()) publish(notice);
        await operation.succeed();
        publish({ operationId: operation.id, version: operation.version });
        await recorder.over;

        expect(recorder.versions).toEqual(versionsFrom(1, 14));
      });

      test('a history that cannot be read for a moment only delays events', async () => {
        const operation = await DrivenOperation.start(service);
        const { recorder } = await listenTo(operation);
        await eventually(async () => followersOf(service) === 1);
        const publish = feed.publish.bind(feed);
        jest.spyOn(feed, 'publish').mockImplementation(({ operationId, version }) => publish({ operationId, version }));
        let failed = false;
        interfere(async (query) => {
          if (failed || !(query instanceof GetHistory)) return;
          failed = true;
          throw new Error('The connection is lost.');
        });
        await operation.progress();
        await eventually(async () => failed);
        await operation.succeed();
        await recorder.over;

        expect(recorder.versions).toEqual([1, 2, 3]);
      });

      test('a client that is cut off and reconnects with its last version misses nothing', async () => {
        const operation = await DrivenOperation.start(service);
        const before = await listenTo(operation);
        await operation.progress();
        await before.recorder.reached(2);
        before.cut();
        await operation.progress();
        await operation.progress();
        const after = await listenTo(operation, before.recorder.last);
        await operation.succeed();
        await after.recorder.over;

        expect([...before.recorder.versions, ...after.recorder.versions]).toEqual([1, 2, 3, 4, 5]);
      });

      test('a client that disconnects leaves nothing behind', async () => {
        const operation = await DrivenOperation.start(service);
        const { recorder, cut } = await listenTo(operation);
        await recorder.reached(1);
        cut();

        await nobodyFollows(service);
      });

      test('a client that disconnects before its answer leaves nothing behind', async () => {
        const operation = await DrivenOperation.start(service);
        const connections = await connectionsOf(service);
        const client = new AbortController();
        interfere(async (query) => {
          if (!(query instanceof GetHistory)) return;
          client.abort();
          await eventually(async () => (await connectionsOf(service)) <= connections);
        });

        await expect(listen(service.url, operation.id, 0, client.signal)).rejects.toThrow();
        await nobodyFollows(service);
        await operation.progress();
      });

      test('an unknown operation is refused with its code', async () => {
        await expect(listen(service.url, UNKNOWN_ID, 0)).rejects.toMatchObject({
          problem: { code: 'operation_not_found', status: 404 },
        });
      });
    });
  });

  describe('following with a token', () => {
    let service: Service;
    let headers: Record<string, string>;
    let clock: HeldClock;
    beforeAll(async () => {
      service = await Service.start({ ROLES: 'api', AUTH_MODE: 'keys' });
      clock = holdClock(service);
      ({ headers } = await createKey(service, ['operations:start']));
    });
    afterAll(() => service.stop());

    describe.each(Object.entries(transports))('by %s', (_, { listen }) => {
      afterEach(() => jest.restoreAllMocks());

      test('ends with the token, and goes on with the next one from the last version, without a gap or a repeat', async () => {
        const { operation, token } = await startWatched(service, headers);
        const first = await listen(service.url, operation.id, 0, undefined, await token(120));
        await operation.progress();
        await first.recorder.reached(2);
        clock.aheadMs = 120 * SECONDS;
        await first.recorder.over;
        clock.aheadMs = 0;
        await operation.progress();
        const second = await listen(service.url, operation.id, first.recorder.last, undefined, await token(60));
        await operation.succeed();
        await second.recorder.over;

        expect([first.recorder.versions, second.recorder.versions]).toEqual([
          [1, 2],
          [3, 4],
        ]);
      });

      test('a client that disconnects while its token is verified leaves nothing behind', async () => {
        const { operation, token } = await startWatched(service, headers);
        const client = new AbortController();
        const connections = await connectionsOf(service);
        const authenticator = service.outcome.app.get(Authenticator, { strict: false });
        const verify = authenticator.verify.bind(authenticator);
        const verified = new Promise<void>((resolve) =>
          jest.spyOn(authenticator, 'verify').mockImplementationOnce(async (...given) => {
            client.abort();
            await eventually(async () => (await connectionsOf(service)) <= connections);
            return verify(...given).finally(resolve);
          }),
        );

        await expect(listen(service.url, operation.id, 0, client.signal, await token(60))).rejects.toThrow();
        await verified;
        // What goes on with the caller has begun by then.
        await setImmediate();
        await nobodyFollows(service);
      });

      test('is refused with a token that has ended, one of another operation, and none', async () => {
        const [{ operation, token: own }, other] = [
          await startWatched(service, headers),
          await startWatched(service, headers),
        ];
        for (const [token, code] of [
          [await own(-1), 'credentials_expired'],
          [await other.token(60), 'operation_not_found'],
          [undefined, 'credentials_missing'],
        ] as const)
          await expect(listen(service.url, operation.id, 0, undefined, token)).rejects.toMatchObject({
            problem: { code },
          });
      });
    });
  });
}
