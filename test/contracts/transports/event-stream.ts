import type { ProblemDocument } from '../../../src/problems/problem.js';
import { Ear } from '../../support/ear.js';
import { EventStreamClient } from '../../support/event-stream-client.js';
import { Refused, type Transport } from '../transport.js';

/** Server-sent events. */
export const eventStream: Transport = {
  async listen(url, operationId, afterVersion, gone) {
    const ear = new Ear();
    const headers: Record<string, string> = afterVersion > 0 ? { 'Last-Event-ID': String(afterVersion) } : {};
    const stream = await EventStreamClient.open(
      `${url}/api/operations/${operationId}/events`,
      headers,
      ({ data = '' }) => ear.hear(JSON.parse(data)),
      gone,
    );
    if (stream.status >= 400) throw new Refused(JSON.parse(await stream.text()) as ProblemDocument);
    void stream.ended.then(() => ear.finish());
    return { ear, cut: () => stream.close() };
  },
};
