import { z } from 'zod';
import { operationEventView, operationView, pastEventView } from '../../operations/contract/operation-view.js';
import { problemDocument } from '../../problems/problem.js';
import { expiringMessage, joinMessage, leaveMessage, leftMessage, renewMessage } from '../message.contract.js';

/** The answer to a message of a client that asks for one. */
export const acknowledgement = z.union([
  z.object({
    ok: z.literal(true),
    operation: operationView.optional().meta({ description: 'Of a join.' }),
    events: z
      .array(pastEventView)
      .optional()
      .meta({ description: 'Of a join: the events that the client has missed, or the first hundred.' }),
  }),
  z.object({ ok: z.literal(false), problem: problemDocument }),
]);

export type Acknowledgement = z.output<typeof acknowledgement>;

/** The messages of the namespace /operations, by event name; `acknowledgement` has none. */
export const socketMessages = {
  fromClient: { join: joinMessage, renew: renewMessage, leave: leaveMessage },
  toClient: {
    operation: operationEventView,
    expiring: expiringMessage,
    left: leftMessage,
    problem: problemDocument,
    acknowledgement,
  },
};
