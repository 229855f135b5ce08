import type { OperationEventView } from '../../src/operations/contract/operation-view.js';
import type { ProblemDocument } from '../../src/problems/problem.js';
import { DrivenOperation } from '../support/driven-operation.js';
import { EventRecorder } from '../support/event-recorder.js';
import { EventStreamClient, type ServerSentEvent } from '../support/event-stream-client.js';
import { Service } from '../support/service.js';
import { nobodyFollows } from '../support/watchers.js';

describe('following by stream', () => {
  let service: Service;
  beforeAll(async () => (service = await Service.start({ ROLES: 'api' })));
  afterAll(() => service.stop());

  const open = async (id: string, query = '', headers: Record<string, string> = {}) => {
    const recorder = new EventRecorder();
    const messages: ServerSentEvent[] = [];
    const stream = await EventStreamClient.open(
      `${service.url}/api/operations/${id}/events${query}`,
      headers,
      (message) => {
        messages.push(message);
        recorder.record(JSON.parse(message.data ?? '') as OperationEventView);
      },
    );
    return { stream, recorder, messages };
  };

  test('the stream has the history, then live events up to the ending, and then ends', async () => {
    const operation = await DrivenOperation.start(service);
    await operation.progress();
    const { stream, recorder, messages } = await open(operation.id);
    await recorder.reached(2);
    await operation.progress();
    await operation.succeed();
    await stream.ended;

    const history = await service.history(operation.id);
    expect(recorder.recorded).toEqual(history);
    expect(messages.map(({ id, event }) => [id, event])).toEqual([
      ['1', 'operation.started'],
      ['2', 'operation.processing'],
      ['3', 'operation.progressed'],
      ['4', 'operation.succeeded'],
    ]);
    expect(stream.complete).toBe(true);
    expect(stream.status).toBe(200);
    expect(stream.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
    });
    expect(stream.headers['x-request-id']).toBeDefined();
    expect(stream.asides).toEqual(['retry: 1000']);
  });

  test('it resumes after the last event received, by the header of an EventSource or by the query', async () => {
    const operation = await DrivenOperation.ended(service);
    const asked: [string, Record<string, string>][] = [
      ['', { 'Last-Event-ID': '1' }],
      ['?after=2', {}],
      ['?after=1', { 'Last-Event-ID': '2' }],
      ['?after=1', { Accept: 'text/html, text/event-stream;q=0.9' }],
    ];
    const received = await Promise.all(
      asked.map(async ([query, headers]) => {
        const { stream, recorder } = await open(operation.id, query, headers);
        await stream.ended;
        return recorder.versions;
      }),
    );

    expect(received).toEqual([[2, 3], [3], [3], [2, 3]]);
  });

  test('a client that has received the ending gets 204, so that it does not reconnect', async () => {
    const operation = await DrivenOperation.ended(service);
    const { stream, messages } = await open(operation.id, '', { 'Last-Event-ID': '3' });
    await stream.ended;

    expect([stream.status, messages]).toEqual([204, []]);
    await nobodyFollows(service);
  });

  test.each<[string, string, string, Record<string, string>, object]>([
    [
      'a Last-Event-ID that is no version',
      '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70',
      '',
      { 'Last-Event-ID': 'v3' },
      {
        status: 400,
        code: 'invalid_parameter',
        errors: [{ path: 'Last-Event-ID', message: 'expected the id of an earlier event, such as 3' }],
      },
    ],
    [
      'a version that is none',
      '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70',
      '?after=-1',
      {},
      { status: 400, code: 'invalid_parameter', errors: [expect.objectContaining({ path: 'after' })] },
    ],
    [
      'an id that is no UUID',
      'x',
      '',
      {},
      { status: 400, code: 'invalid_parameter', errors: [expect.objectContaining({ path: 'id' })] },
    ],
    [
      'an unknown operation',
      '01997b1c-8e58-7cc3-9b4e-3f1a5d2c6b70',
      '',
      {},
      { status: 404, code: 'operation_not_found' },
    ],
  ])('%s is refused before any stream begins', async (_, id, query, headers, problem) => {
    const { stream } = await open(id, query, headers);
    const body = JSON.parse(await stream.text()) as ProblemDocument;

    expect(stream.status).toBe(body.status);
    expect(stream.headers['content-type']).toContain('application/problem+json');
    expect(body).toMatchObject(problem);
  });

  test('a client that does not ask for a stream gets the history as JSON at once', async () => {
    const operation = await DrivenOperation.start(service);
    await operation.progress();
    const { status, body } = await service.get<{ items: OperationEventView[] }>(
      `/api/operations/${operation.id}/events?after=1`,
    );

    expect(status).toBe(200);
    expect(body.items.map(({ version, type }) => [version, type])).toEqual([[2, 'operation.processing']]);
  });

  test('a slow client receives everything, and delays no other', async () => {
    const operation = await DrivenOperation.start(service);
    const slow = await open(operation.id);
    const quick = await open(operation.id);
    slow.stream.pause();
    for (let step = 1; step <= 20; step += 1) await operation.progress();
    await operation.succeed();
    await quick.stream.ended;
    slow.stream.resume();
    await slow.stream.ended;

    expect(slow.recorder.versions).toEqual(operation.versionsAfter(0));
    expect(slow.recorder.versions).toEqual(quick.recorder.versions);
  });
});
