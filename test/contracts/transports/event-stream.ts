import type { ProblemDocument } from '../../../src/problems/problem.js';
import { EventRecorder } from '../../support/event-recorder.js';
import { EventStreamClient } from '../../support/event-stream-client.js';
import { ProblemError, type Transport } from '../transport.js';

/** Server-sent events. */
export const eventStream: Transport = {
  async listen(url, operationId, afterVersion, gone, token) {
    const recorder = new EventRecorder();
    const headers: Record<string, string> = {
      ...(afterVersion > 0 && { 'Last-Event-ID': String(afterVersion) }),
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    };
    const stream = await EventStreamClient.open(
      `${url}/api/operations/${operationId}/events`,
      headers,
      ({ event, data = '' }) => event !== 'left' && recorder.record(JSON.parse(data)),
      gone,
    );
    if (stream.status >= 400) throw new ProblemError(JSON.parse(await stream.text()) as ProblemDocument);
    void stream.ended.then(() => recorder.finish());
    return { recorder, cut: () => stream.close() };
  },
};
