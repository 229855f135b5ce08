import { io, type ManagerOptions, type SocketOptions } from 'socket.io-client';
import type { Acknowledgement } from '../../../src/delivery/socket/socket.contract.js';
import type { OperationEventView } from '../../../src/operations/contract/operation-view.js';
import { EventRecorder } from '../../support/event-recorder.js';
import { withMetadata } from '../../support/service.js';
import { ProblemError, type Transport } from '../transport.js';

/** Socket.IO, over whichever transport the options name. */
export const socket = (options: Partial<ManagerOptions & SocketOptions>): Transport => ({
  listen: (url, operationId, afterVersion, gone, token) =>
    new Promise((resolve, reject) => {
      const recorder = new EventRecorder();
      const socket = io(`${url}/operations`, { forceNew: true, reconnection: false, ...options });
      gone?.addEventListener('abort', () => socket.disconnect());
      let acknowledged = false;
      // The server sends its answer after all earlier events: once it arrives, none is on its way.
      const checkEnding = () => recorder.hasEnded && socket.emit('leave', { operationId }, () => leave());
      const leave = () => {
        socket.disconnect();
        recorder.finish();
      };
      socket.on('operation', (event: OperationEventView) => {
        if (!acknowledged) recorder.fail(new Error(`Version ${event.version} came before the acknowledgement.`));
        recorder.record(event);
        checkEnding();
      });
      socket.on('left', () => leave());
      socket.on('connect_error', reject);
      socket.on('disconnect', () => reject(new Error('The connection has gone.')));
      socket.emit('join', { operationId, afterVersion, token }, (answer: Acknowledgement) => {
        acknowledged = true;
        if (answer.ok) {
          recorder.record(...withMetadata(answer.operation?.metadata ?? {}, answer.events ?? []));
          resolve({ recorder, cut: () => socket.io.engine.close() });
          if (answer.operation?.done) leave();
        } else {
          reject(new ProblemError(answer.problem));
          socket.disconnect();
        }
      });
    }),
});
