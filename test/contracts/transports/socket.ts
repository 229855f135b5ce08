import { io, type ManagerOptions, type SocketOptions } from 'socket.io-client';
import type { Acknowledgement } from '../../../src/delivery/socket/operations.gateway.js';
import type { OperationEventView } from '../../../src/operations/queries/operation-view.js';
import { Ear } from '../../support/ear.js';
import { withMetadata } from '../../support/service.js';
import { Refused, type Transport } from '../transport.js';

/** Socket.IO, over whichever transport the options name. */
export const socket = (options: Partial<ManagerOptions & SocketOptions>): Transport => ({
  listen: (url, operationId, afterVersion, gone) =>
    new Promise((resolve, reject) => {
      const ear = new Ear();
      const socket = io(`${url}/operations`, { forceNew: true, reconnection: false, ...options });
      gone?.addEventListener('abort', () => socket.disconnect());
      let acknowledged = false;
      // What was sent before the answer to a message comes before that answer: after it, nothing is on its way.
      const checkEnding = () => ear.hasEnded && socket.emit('leave', { operationId }, () => leave());
      const leave = () => {
        socket.disconnect();
        ear.finish();
      };
      socket.on('operation', (event: OperationEventView) => {
        if (!acknowledged) ear.fail(new Error(`Version ${event.version} came before the acknowledgement.`));
        ear.hear(event);
        checkEnding();
      });
      socket.on('connect_error', reject);
      socket.on('disconnect', () => reject(new Error('The connection has gone.')));
      socket.emit('join', { operationId, afterVersion }, (answer: Acknowledgement) => {
        acknowledged = true;
        if (answer.ok) {
          ear.hear(...withMetadata(answer.operation?.metadata ?? {}, answer.events ?? []));
          resolve({ ear, cut: () => socket.io.engine.close() });
          if (answer.operation?.done) leave();
        } else {
          reject(new Refused(answer.problem));
          socket.disconnect();
        }
      });
    }),
});
