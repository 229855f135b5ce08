import { HttpTransportType, type HubConnection, HubConnectionBuilder, LogLevel } from '@microsoft/signalr';
import type { z } from 'zod';
import type { joined } from '../../../src/delivery/signalr/hub-message.contract.js';
import type { OperationEventView } from '../../../src/operations/contract/operation-view.js';
import { problemOf } from '../../../src/problems/problem.js';
import type { ProblemCode } from '../../../src/problems/catalogue.js';
import { EventRecorder } from '../../support/event-recorder.js';
import { withMetadata } from '../../support/service.js';
import { ProblemError, type Transport } from '../transport.js';

export const hubAt = (url: string, transport: HttpTransportType): HubConnection =>
  new HubConnectionBuilder().withUrl(`${url}/hubs/operations`, { transport }).configureLogging(LogLevel.None).build();

/** The token of an operation is an argument of its own, and none is no argument. */
const given = (token: string | undefined) => (token === undefined ? [] : [token]);

/** The problem in `code: sentence`, as the hub completes a refused invocation. */
function problemIn(error: Error): Error {
  const [, code, message] = /^(\w+): (.*)$/.exec(error.message) ?? [];
  return code && message ? new ProblemError(problemOf({ code: code as ProblemCode, message })) : error;
}

/** SignalR's method Join and its events, by the official client over the named transport. */
export const hubJoin = (transport: HttpTransportType): Transport => ({
  async listen(url, operationId, afterVersion, gone, token) {
    const recorder = new EventRecorder();
    const hub = hubAt(url, transport);
    gone?.addEventListener('abort', () => void hub.stop());
    let answered = false;
    const leave = () => void hub.stop().then(() => recorder.finish());
    // Events of one chunk are handled before the code that awaits an answer in it.
    const early: OperationEventView[] = [];
    const receive = (event: OperationEventView) => {
      recorder.record(event);
      // The hub completes after all earlier events: once it has, none is on its way.
      if (recorder.hasEnded) hub.invoke('Leave', operationId).then(leave, recorder.fail);
    };
    hub.on('left', () => leave());
    hub.on('operation', (event: OperationEventView) => {
      if (answered) receive(event);
      else if (transport !== HttpTransportType.LongPolling) early.push(event);
      else recorder.fail(new Error(`Version ${event.version} came before the answer.`));
    });
    await hub.start();
    try {
      const { operation, events }: z.output<typeof joined> = await hub.invoke(
        'Join',
        operationId,
        afterVersion,
        ...given(token),
      );
      answered = true;
      recorder.record(...withMetadata(operation.metadata, events));
      early.forEach(receive);
      if (operation.done) leave();
      return { recorder, cut: () => void hub.stop() };
    } catch (error) {
      await hub.stop();
      throw problemIn(error as Error);
    }
  },
});

/** SignalR's stream Follow, by the official client over the named transport. */
export const hubFollow = (transport: HttpTransportType): Transport => ({
  async listen(url, operationId, afterVersion, gone, token) {
    const recorder = new EventRecorder();
    const hub = hubAt(url, transport);
    gone?.addEventListener('abort', () => void hub.stop());
    await hub.start();
    const answered = new Promise<void>((resolve, reject) => {
      hub.stream<OperationEventView>('Follow', operationId, afterVersion, ...given(token)).subscribe({
        next: (event) => recorder.record(event),
        complete: () => {
          resolve();
          void hub.stop().then(() => recorder.finish());
        },
        error: (error: Error) => {
          reject(problemIn(error));
          // The token has ended.
          if (error.message.startsWith('credentials_expired')) void hub.stop().then(() => recorder.finish());
          else recorder.fail(error);
        },
      });
      // Messages are answered in turn.
      hub.invoke('Leave', operationId).then(resolve, () => undefined);
    });
    await answered.catch(async (error: unknown) => {
      await hub.stop();
      throw error;
    });
    return { recorder, cut: () => void hub.stop() };
  },
});
