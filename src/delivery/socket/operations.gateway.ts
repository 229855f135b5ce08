import { Logger } from '@nestjs/common';
import {
  Ack,
  ConnectedSocket,
  MessageBody,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import type { Namespace, Socket } from 'socket.io';
import type { z } from 'zod';
import { CredentialsMissing } from '../../access/access-errors.js';
import { Access, type Connected } from '../../access/access.js';
import { Authenticator } from '../../access/authenticator.js';
import { type Caller, NOBODY } from '../../access/caller.js';
import { ClientAddresses } from '../../access/limits/client-addresses.js';
import { Needs, NeedsNothing } from '../../access/needs.decorator.js';
import { OperationFollowers } from '../../operations/feed/operation-follower.js';
import type { OperationEventView } from '../../operations/contract/operation-view.js';
import { refOf } from '../../operations/contract/ref-of.js';
import { eventVisibleTo, pastEventVisibleTo, visibleTo } from '../../operations/contract/visible-to.js';
import { type ProblemDocument, problemOf } from '../../problems/problem.js';
import { recognize } from '../../problems/recognized-error.js';
import { RefusedRequests } from '../../problems/refused-requests.js';
import { expectStorable } from '../../validation/storable.js';
import { validated } from '../../validation/validated.js';
import { MOST_UNREAD } from '../backpressure.js';
import { LARGEST_MESSAGE, MESSAGES_AT_ONCE, MESSAGES_PER_SECOND } from '../limits.js';
import { type Expiring, joinMessage, leaveMessage, type Left, renewMessage } from '../message.contract.js';
import { InvalidMessage, ReaderTooSlow, TooManyMessages } from '../push-errors.js';
import { renewRooms } from '../renew-rooms.js';
import { Rooms } from '../rooms.js';
import { Strangers } from '../strangers.js';
import { TokenBucket } from '../token-bucket.js';
import { Turns } from '../turns.js';
import { EventBroadcast } from './event-broadcast.js';
import { type Acknowledgement, socketMessages } from './socket.contract.js';
import { socketIsReady, unreadBy } from './socket-backpressure.js';

const MESSAGES: ReadonlySet<unknown> = new Set(Object.keys(socketMessages.fromClient));

type Acknowledge = (answer: Acknowledgement) => void;

/** A socket in the namespace, its rooms, and its messages. */
interface Member extends Connected {
  rooms: Rooms;
  turns: Turns;
  /** Of a socket without credentials: it is no longer watched. */
  forget?: () => void;
}

/** One may enter the namespace several times: in turn, and never at once, since the limits are of the connection. */
interface Connection {
  bucket: TokenBucket;
  socket: Socket;
}

/**
 * Notifies clients of the operations whose rooms they have joined. Each membership is a follower from the client's last
 * version on, so the client receives every later version once and in order, however it reconnects.
 */
@WebSocketGateway({
  namespace: '/operations',
  transports: ['websocket', 'polling'],
  maxHttpBufferSize: LARGEST_MESSAGE,
})
export class OperationsGateway implements OnGatewayInit, OnGatewayConnection, OnGatewayDisconnect {
  private readonly logger = new Logger(OperationsGateway.name);
  private readonly members = new Map<Socket, Member>();
  private readonly connections = new WeakMap<Socket['conn'], Connection>();
  private readonly strangers = new Strangers();
  private broadcast!: EventBroadcast;

  constructor(
    private readonly followers: OperationFollowers,
    private readonly access: Access,
    private readonly authenticator: Authenticator,
    private readonly addresses: ClientAddresses,
    private readonly refusedRequests: RefusedRequests,
  ) {}

  /** Credentials that are no good are refused with the connection, and the client learns why. */
  afterInit(namespace: Namespace): void {
    this.broadcast = new EventBroadcast(namespace, (socket) => this.cutIfSlow(socket));
    namespace.use((socket, next) => {
      this.callerOf(socket).then(
        (caller) => {
          (socket.data as { caller?: Caller | undefined }).caller = caller;
          next();
        },
        (error: unknown) => {
          const problem = this.problemOf(error);
          next(Object.assign(new Error(problem.detail), { data: problem }));
        },
      );
    });
  }

  handleConnection(socket: Socket): void {
    const former = this.connections.get(socket.conn);
    if (former && this.members.has(former.socket)) return void socket.disconnect(true);
    const bucket = former?.bucket ?? new TokenBucket(MESSAGES_AT_ONCE, MESSAGES_PER_SECOND);
    this.connections.set(socket.conn, { bucket, socket });
    const { caller } = socket.data as { caller?: Caller };
    const address = this.addresses.of(socket.request);
    const member: Member = { caller, address, rooms: new Rooms(), turns: new Turns() };
    this.members.set(socket, member);
    if (!caller)
      member.forget = this.strangers.watch(
        () => member.rooms.lastFollowed,
        () => this.turnAway(socket),
      );
    socket.use(([, ...sent], next) => {
      if (bucket.take()) return next();
      this.refuse(socket, acknowledgeIn(sent), TooManyMessages.over(MESSAGES_PER_SECOND, MESSAGES_AT_ONCE));
    });
    socket.onAny((name: string | number, ...sent: unknown[]) => {
      if (!MESSAGES.has(name)) this.refuse(socket, acknowledgeIn(sent), InvalidMessage.named(String(name)));
    });
  }

  handleDisconnect(socket: Socket): void {
    const member = this.members.get(socket);
    member?.forget?.();
    member?.rooms.exitAll();
    this.members.delete(socket);
  }

  @Needs('operations:read')
  @SubscribeMessage('join')
  join(
    @ConnectedSocket() socket: Socket,
    @MessageBody() message: unknown,
    @Ack() acknowledge?: Acknowledge,
  ): Promise<void> {
    return this.inTurn(socket, acknowledge, joinMessage, message, (member, join) =>
      this.answerJoin(socket, member, join, acknowledge),
    );
  }

  @Needs('operations:read')
  @SubscribeMessage('renew')
  renew(
    @ConnectedSocket() socket: Socket,
    @MessageBody() message: unknown,
    @Ack() acknowledge?: Acknowledge,
  ): Promise<void> {
    return this.inTurn(socket, acknowledge, renewMessage, message, async (member, { operationId, token }) => {
      const reader = await this.access.admit(member, token, this, 'renew', operationId);
      await renewRooms(this.followers, member.rooms.of(operationId), reader);
      acknowledge?.({ ok: true });
    });
  }

  @NeedsNothing('it only ends what a join has begun')
  @SubscribeMessage('leave')
  leave(
    @ConnectedSocket() socket: Socket,
    @MessageBody() message: unknown,
    @Ack() acknowledge?: Acknowledge,
  ): Promise<void> {
    return this.inTurn(socket, acknowledge, leaveMessage, message, ({ rooms }, { operationId }) => {
      rooms.exit(operationId);
      acknowledge?.({ ok: true });
    });
  }

  private callerOf({ handshake, request }: Socket): Promise<Caller | undefined> {
    const { token } = handshake.auth as { token?: unknown };
    const authorization = typeof token === 'string' ? `Bearer ${token}` : handshake.headers.authorization;
    return this.authenticator.callerOf(authorization, this.addresses.of(request));
  }

  /**
   * A join costs the service more than its sender: the next one starts when the client has taken the last answer. What
   * waits until then has been read: JSON of the same length can take many times the memory.
   */
  private async inTurn<Schema extends z.ZodType>(
    socket: Socket,
    acknowledge: Acknowledge | undefined,
    schema: Schema,
    given: unknown,
    answer: (member: Member, message: z.output<Schema>) => Promise<void> | void,
  ): Promise<void> {
    const member = this.members.get(socket);
    if (!member) return;
    try {
      const message = valid(schema, given);
      await member.turns.take(async () => {
        if (!this.members.has(socket)) return;
        this.broadcast.flush();
        try {
          await answer(member, message);
          this.cutIfSlow(socket);
        } catch (error) {
          this.refuse(socket, acknowledge, error);
        }
        await socketIsReady(socket);
      });
    } catch (error) {
      this.refuse(socket, acknowledge, error);
    }
  }

  private async answerJoin(
    socket: Socket,
    member: Member,
    { operationId, afterVersion, token }: z.output<typeof joinMessage>,
    acknowledge: Acknowledge | undefined,
  ): Promise<void> {
    const reader = await this.access.admit(member, token, this, 'join', operationId);
    // Gone while its credentials were verified: nothing would end what it follows from now on.
    if (!this.members.has(socket)) return;
    const { rooms } = member;
    const room = rooms.enter(operationId);
    const options = {
      ready: () => socketIsReady(socket),
      reader,
      onExpiring: (endsAt: Date) =>
        socket.emit('expiring', { operationId, expiresAt: endsAt.toISOString() } satisfies Expiring),
    };
    const following = this.followers.follow(refOf(reader, operationId), afterVersion, options);
    const {
      operation,
      events: stored,
      live,
    } = await following.catch((error: unknown) => {
      rooms.forget(operationId, room);
      throw error;
    });
    room.follow(live, reader);
    // A client that requests no acknowledgement receives missed events like live ones.
    if (acknowledge)
      acknowledge({
        ok: true,
        operation: visibleTo(reader, operation),
        events: stored.map((event) => pastEventVisibleTo(reader, event)),
      });
    else
      await this.sendAll(
        socket,
        stored.map((event) => eventVisibleTo(reader, event)),
      );
    void live
      .passTo((event) => this.broadcast.send(socket, eventVisibleTo(room.reader ?? NOBODY, event)))
      .then(() => {
        this.broadcast.flush();
        if (live.left && !room.wasLeft) socket.emit('left', { operationId, reason: live.left } satisfies Left);
      })
      .catch((err: unknown) => this.logger.error({ msg: 'a socket could not be notified', operationId, err }))
      .finally(() => rooms.forget(operationId, room));
  }

  private async sendAll(socket: Socket, events: readonly OperationEventView[]): Promise<void> {
    for (const event of events) {
      this.broadcast.send(socket, event);
      this.broadcast.flush();
      await socketIsReady(socket);
    }
  }

  /** Closes only the connection, so that the client reconnects and joins with its last version. */
  private cutIfSlow(socket: Socket): void {
    const unread = unreadBy(socket);
    if (unread <= MOST_UNREAD || !this.members.has(socket)) return;
    this.logger.warn({ msg: 'a socket was cut: its reader is too slow', unread });
    this.handleDisconnect(socket);
    socket.emit('problem', this.problemOf(ReaderTooSlow.beyond(MOST_UNREAD)));
    socket.conn.close();
  }

  /** The client does not come back by itself. */
  private turnAway(socket: Socket): void {
    this.handleDisconnect(socket);
    socket.emit('problem', this.problemOf(CredentialsMissing.expected()));
    socket.disconnect(true);
  }

  /** Answers only a client that requests an acknowledgement. */
  private refuse(socket: Socket, acknowledge: Acknowledge | undefined, error: unknown): void {
    const problem = this.problemOf(error);
    if (acknowledge && problem.status >= 500)
      this.logger.error({ msg: 'a socket message has failed', code: problem.code, err: error });
    acknowledge?.({ ok: false, problem });
    this.cutIfSlow(socket);
  }

  private problemOf(error: unknown): ProblemDocument {
    const problem = problemOf(recognize(error));
    this.refusedRequests.note(problem);
    return problem;
  }
}

/** It comes last. */
function acknowledgeIn(sent: readonly unknown[]): Acknowledge | undefined {
  const last = sent.at(-1);
  return typeof last === 'function' ? (last as Acknowledge) : undefined;
}

function valid<Schema extends z.ZodType>(schema: Schema, message: unknown): z.output<Schema> {
  // A Buffer is an object, but not JSON: each of its methods would be an unknown field.
  const given = Buffer.isBuffer(message) ? undefined : message;
  expectStorable(given);
  return validated(schema, given, { error: InvalidMessage });
}
