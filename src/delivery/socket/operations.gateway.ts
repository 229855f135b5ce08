import { Logger } from '@nestjs/common';
import {
  Ack,
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import type { Socket } from 'socket.io';
import type { z } from 'zod';
import { type OperationFollower, OperationFollowers } from '../../operations/queries/operation-follower.js';
import type { OperationEventView, OperationView } from '../../operations/queries/operation-view.js';
import { Problem, type ProblemDocument, problemOf } from '../../problems/problem.js';
import { recognize } from '../../problems/recognize.js';
import { parseJson } from '../../validation/parse-json.js';
import { joinMessage, leaveMessage } from './messages.js';

const KIB = 1024;
const MOST_ROOMS = 100;

export type Acknowledgement =
  { ok: true; operation?: OperationView; events?: OperationEventView[] } | { ok: false; problem: ProblemDocument };

type Acknowledge = (answer: Acknowledgement) => void;

/**
 * Tells clients of the operations whose rooms they have joined. Each membership is a follower that starts from the
 * version which that client has seen, so that it hears every later version once and in order, however it came back.
 */
@WebSocketGateway({ namespace: '/operations', transports: ['websocket', 'polling'], maxHttpBufferSize: 16 * KIB })
export class OperationsGateway implements OnGatewayConnection, OnGatewayDisconnect {
  private readonly logger = new Logger(OperationsGateway.name);
  private readonly memberships = new Map<Socket, Map<string, OperationFollower>>();

  constructor(private readonly followers: OperationFollowers) {}

  handleConnection(socket: Socket): void {
    this.memberships.set(socket, new Map());
    socket.onAny((name: string | number, ...sent: unknown[]) => {
      if (name === 'join' || name === 'leave') return;
      const acknowledge = sent.at(-1);
      const unknown = new Problem('invalid_message', `Expected the event "join" or "leave", found "${String(name).slice(0, 50)}".`);
      if (typeof acknowledge === 'function') (acknowledge as Acknowledge)(this.refusal(unknown));
    });
  }

  handleDisconnect(socket: Socket): void {
    for (const follower of this.memberships.get(socket)?.values() ?? []) follower.close();
    this.memberships.delete(socket);
  }

  @SubscribeMessage('join')
  async join(@ConnectedSocket() socket: Socket, @MessageBody() message: unknown, @Ack() acknowledge?: Acknowledge): Promise<void> {
    try {
      const { operationId, afterVersion } = valid(joinMessage, message);
      const follower = this.enter(socket, operationId, afterVersion);
      const { operation, events } = await follower.start().catch((error: unknown) => {
        this.forget(socket, operationId, follower);
        throw error;
      });
      // Who does not ask for an acknowledgement is told what was missed as if it came now.
      if (acknowledge) acknowledge({ ok: true, operation, events });
      else for (const event of events) socket.emit('operation', event);
      follower.open(operation);
    } catch (error) {
      acknowledge?.(this.refusal(error));
    }
  }

  @SubscribeMessage('leave')
  leave(@ConnectedSocket() socket: Socket, @MessageBody() message: unknown, @Ack() acknowledge?: Acknowledge): void {
    try {
      const { operationId } = valid(leaveMessage, message);
      this.exit(socket, operationId);
      acknowledge?.({ ok: true });
    } catch (error) {
      acknowledge?.(this.refusal(error));
    }
  }

  /** Joining again moves the membership to another version. */
  private enter(socket: Socket, operationId: string, afterVersion: number): OperationFollower {
    const rooms = this.memberships.get(socket);
    if (!rooms) throw new Problem('invalid_message', 'The socket has gone.');
    this.exit(socket, operationId);
    if (rooms.size >= MOST_ROOMS)
      throw new Problem('too_many_rooms', `A socket may follow ${MOST_ROOMS} operations at once. Leave one, or open another socket.`);
    const follower = this.followers.follow(operationId, afterVersion, {
      event: (event) => socket.emit('operation', event),
      end: () => this.forget(socket, operationId, follower),
    });
    rooms.set(operationId, follower);
    void socket.join(`operation:${operationId}`);
    return follower;
  }

  private exit(socket: Socket, operationId: string): void {
    const follower = this.memberships.get(socket)?.get(operationId);
    follower?.close();
    if (follower) this.forget(socket, operationId, follower);
  }

  private forget(socket: Socket, operationId: string, follower: OperationFollower): void {
    const rooms = this.memberships.get(socket);
    if (rooms?.get(operationId) !== follower) return;
    rooms.delete(operationId);
    void socket.leave(`operation:${operationId}`);
  }

  private refusal(error: unknown): Acknowledgement {
    const { code, detail, offences } = recognize(error);
    const problem = problemOf(code, detail, { offences });
    if (problem.status >= 500) this.logger.error({ msg: 'a socket message has failed', code, err: error });
    return { ok: false, problem };
  }
}

function valid<Schema extends z.ZodType>(schema: Schema, message: unknown): z.output<Schema> {
  const parsed = parseJson(schema, message);
  if (parsed.success) return parsed.data;
  const offences = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new Problem('invalid_message', 'The message does not have the expected shape; `errors` names each offending field.', offences);
}
