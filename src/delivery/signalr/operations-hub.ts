import { Logger } from '@nestjs/common';
import type { z } from 'zod';
import type { Access, Connected } from '../../access/access.js';
import { NOBODY } from '../../access/caller.js';
import { leftError } from '../../access/keys/key-standing.js';
import { Needs, NeedsNothing } from '../../access/needs.decorator.js';
import type { Follower, OperationFollowers } from '../../operations/feed/operation-follower.js';
import { type OperationEventView, pastEventOf } from '../../operations/contract/operation-view.js';
import { refOf } from '../../operations/contract/ref-of.js';
import { eventVisibleTo, visibleTo } from '../../operations/contract/visible-to.js';
import { problemOf } from '../../problems/problem.js';
import { recognize } from '../../problems/recognized-error.js';
import type { RefusedRequests } from '../../problems/refused-requests.js';
import { ShuttingDown } from '../../problems/service-errors.js';
import { validated } from '../../validation/validated.js';
import { MESSAGES_AT_ONCE, MESSAGES_PER_SECOND } from '../limits.js';
import { joinMessage, leaveMessage, renewMessage } from '../message.contract.js';
import { InvalidMessage, TooManyMessages } from '../push-errors.js';
import { renewRooms } from '../renew-rooms.js';
import { type Room, Rooms } from '../rooms.js';
import { TokenBucket } from '../token-bucket.js';
import { Turns } from '../turns.js';
import { errorText, type HubMessages, type Invocation, type StreamInvocation, TYPES } from './hub-message.contract.js';

export interface HubClient {
  send(message: HubMessages['operation' | 'expiring' | 'left' | 'streamItem' | 'completion']): void;
  /** Resolves when the client can take more, or has gone. */
  ready(): Promise<void>;
}

type JoinMessage = z.output<typeof joinMessage>;
type RenewMessage = z.output<typeof renewMessage>;
type LeaveMessage = z.output<typeof leaveMessage>;

type Answer = () => Promise<void> | void;

type Send = (event: OperationEventView) => void;

/**
 * The methods of the hub for one client: Join, Renew and Leave are those of the Socket.IO gateway, Follow is a stream
 * that completes with its operation.
 */
export class OperationsHub {
  private readonly logger = new Logger(OperationsHub.name);
  private readonly rooms = new Rooms();
  private readonly bucket = new TokenBucket(MESSAGES_AT_ONCE, MESSAGES_PER_SECOND);
  private readonly turns = new Turns();
  private hasGone = false;

  constructor(
    private readonly followers: OperationFollowers,
    private readonly access: Access,
    private readonly connected: Connected,
    private readonly client: HubClient,
    private readonly refusedRequests: RefusedRequests,
  ) {}

  get lastFollowed(): number {
    return this.rooms.lastFollowed;
  }

  invoke({ invocationId, target, arguments: given }: Invocation): void {
    // What waits for its turn has been read: JSON of the same length can take many times the memory.
    this.take(invocationId, () => this.inTurn(invocationId, this.answerTo(target, invocationId, given)));
  }

  stream({ invocationId, target, arguments: given }: StreamInvocation): void {
    this.take(invocationId, () => {
      if (target !== 'Follow') throw InvalidMessage.method(target);
      const message = read(joinMessage, given);
      // Entered before its turn, so that a client can cancel it before.
      const name = roomOf(invocationId);
      const room = this.rooms.enter(name, message.operationId);
      try {
        this.inTurn(invocationId, () => this.follow(invocationId, message, room));
      } catch (error) {
        this.rooms.forget(name, room);
        throw error;
      }
    });
  }

  cancel(invocationId: string): void {
    this.rooms.exit(roomOf(invocationId));
  }

  end(): void {
    this.hasGone = true;
    this.rooms.exitAll();
  }

  private take(invocationId: string | undefined, work: () => void): void {
    try {
      if (!this.bucket.take()) throw TooManyMessages.over(MESSAGES_PER_SECOND, MESSAGES_AT_ONCE);
      work();
    } catch (error) {
      this.fail(invocationId, error);
    }
  }

  private answerTo(target: string, invocationId: string | undefined, given: readonly unknown[]): Answer {
    switch (target) {
      case 'Join': {
        const message = read(joinMessage, given);
        return () => this.join(invocationId, message);
      }
      case 'Renew': {
        const message = read(renewMessage, given, RENEW_PARAMETERS);
        return () => this.renew(invocationId, message);
      }
      case 'Leave': {
        const message = read(leaveMessage, given);
        return () => this.leave(invocationId, message);
      }
      default:
        throw InvalidMessage.method(target);
    }
  }

  /**
   * A join costs the service more than its client: the next one starts when the client has taken the last answer.
   * @throws TooManyMessages
   */
  private inTurn(invocationId: string | undefined, answer: Answer): void {
    void this.turns.take(async () => {
      if (this.hasGone) return;
      try {
        await answer();
      } catch (error) {
        this.fail(invocationId, error);
      }
      await this.client.ready();
    });
  }

  @Needs('operations:read')
  private async join(invocationId: string | undefined, message: JoinMessage): Promise<void> {
    const { operationId } = message;
    const room = this.rooms.enter(operationId);
    const { operation, events, live } = await this.open(operationId, message, room, 'join');
    const send: Send = (event) => this.client.send({ type: TYPES.invocation, target: 'operation', arguments: [event] });
    // A client that expects no completion receives missed events like live ones.
    if (invocationId !== undefined) this.complete(invocationId, { operation, events: events.map(pastEventOf) });
    else await this.sendPage(events, room, send);
    void sendLive(room, send)
      .then(() => {
        if (!live.left || room.wasLeft) return;
        this.client.send({ type: TYPES.invocation, target: 'left', arguments: [{ operationId, reason: live.left }] });
      })
      .catch((err: unknown) => this.logger.error({ msg: 'a hub client could not be notified', operationId, err }))
      .finally(() => this.rooms.forget(operationId, room));
  }

  @Needs('operations:read')
  private async renew(invocationId: string | undefined, { operationId, token }: RenewMessage): Promise<void> {
    const reader = await this.access.admit(this.connected, token, this, 'renew', operationId);
    await renewRooms(this.followers, this.rooms.of(operationId), reader);
    this.complete(invocationId);
  }

  @NeedsNothing('it only ends what a join has begun')
  private leave(invocationId: string | undefined, { operationId }: LeaveMessage): void {
    this.rooms.exit(operationId);
    this.complete(invocationId);
  }

  @Needs('operations:read')
  private async follow(invocationId: string, message: JoinMessage, room: Room) {
    const { operation, events, live } = await this.open(roomOf(invocationId), message, room, 'follow');
    const send: Send = (item) => this.client.send({ type: TYPES.streamItem, invocationId, item });
    await this.sendPage(events, room, send);
    void sendLive(room, send)
      .then((last = operation) => {
        if (live.left) throw leftError(live.left, room.reader ?? NOBODY);
        if (last.done || room.wasLeft) this.complete(invocationId);
        else throw ShuttingDown.now();
      })
      .catch((error: unknown) => this.fail(invocationId, error))
      .finally(() => this.rooms.forget(roomOf(invocationId), room));
  }

  private async open(
    name: string,
    { operationId, afterVersion, token }: JoinMessage,
    room: Room,
    method: string,
  ): Promise<Follower> {
    try {
      const reader = await this.access.admit(this.connected, token, this, method, operationId);
      const options = {
        ready: () => this.client.ready(),
        reader,
        onExpiring: (endsAt: Date) => this.warn(operationId, endsAt),
      };
      const ref = refOf(reader, operationId);
      const { operation, events, live } = await this.followers.follow(ref, afterVersion, options);
      room.follow(live, reader);
      return {
        operation: visibleTo(reader, operation),
        events: events.map((event) => eventVisibleTo(reader, event)),
        live,
      };
    } catch (error) {
      this.rooms.forget(name, room);
      throw error;
    }
  }

  private async sendPage(events: readonly OperationEventView[], room: Room, send: Send) {
    for (const event of events) {
      if (room.wasLeft) return;
      send(event);
      await this.client.ready();
    }
  }

  private warn(operationId: string, endsAt: Date): void {
    const expiring = { operationId, expiresAt: endsAt.toISOString() };
    this.client.send({ type: TYPES.invocation, target: 'expiring', arguments: [expiring] });
  }

  private complete(invocationId: string | undefined, result?: HubMessages['completion']['result']): void {
    if (invocationId !== undefined) this.client.send({ type: TYPES.completion, invocationId, result });
  }

  private fail(invocationId: string | undefined, error: unknown): void {
    const foreseen = recognize(error);
    this.refusedRequests.note(foreseen);
    const { status, code } = problemOf(foreseen);
    if (status >= 500 && code !== 'shutting_down')
      this.logger.error({ msg: 'a message to the hub has failed', code, err: error });
    if (invocationId !== undefined)
      this.client.send({ type: TYPES.completion, invocationId, error: errorText(foreseen) });
  }
}

const roomOf = (invocationId: string) => `stream ${invocationId}`;

const PARAMETERS = Object.keys(joinMessage.shape);
const RENEW_PARAMETERS = Object.keys(renewMessage.shape);

/** A method's arguments, by the names of its parameters. */
function read<Schema extends z.ZodType>(
  schema: Schema,
  given: readonly unknown[],
  parameters = PARAMETERS,
): z.output<Schema> {
  const named = Object.fromEntries(given.map((value, at) => [parameters[at] ?? `argument ${at + 1}`, value]));
  return validated(schema, named, { error: InvalidMessage });
}

/** Resolves with the operation of the last event. */
async function sendLive(room: Room, send: Send): Promise<OperationEventView['operation'] | undefined> {
  let last: OperationEventView['operation'] | undefined;
  await room.live?.passTo((event) => {
    send(eventVisibleTo(room.reader ?? NOBODY, event));
    last = event.operation;
  });
  return last;
}
