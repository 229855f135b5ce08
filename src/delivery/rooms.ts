import type { Caller } from '../access/caller.js';
import type { Live } from '../operations/feed/operation-follower.js';
import { JOINS_AT_ONCE, JOINS_PER_SECOND, MOST_ROOMS } from './limits.js';
import { OperationNotJoined, TooManyMessages, TooManyRooms } from './push-errors.js';
import { TokenBucket } from './token-bucket.js';

/** One operation that a connection follows. */
export class Room {
  /** Once it is followed. */
  live: Live | undefined;
  /** Who sees it: as the events are shown from now on. */
  reader: Caller | undefined;
  /** Its connection does not follow it any more. */
  wasLeft = false;

  constructor(readonly operationId: string) {}

  /** Ends `live` if the connection has left the room meanwhile. */
  follow(live: Live, reader: Caller): void {
    this.live = live;
    this.reader = reader;
    if (this.wasLeft) live.end();
  }

  leave(): void {
    this.wasLeft = true;
    this.live?.end();
  }
}

/** The operations that one connection follows. */
export class Rooms {
  private readonly rooms = new Map<string, Room>();
  private readonly joins = new TokenBucket(JOINS_AT_ONCE, JOINS_PER_SECOND);
  private lastLeft = -Infinity;

  /** When an operation was followed last, even one that had ended, as of `performance.now()`: now, if one is. */
  get lastFollowed(): number {
    return [...this.rooms.values()].some(({ live }) => live) ? performance.now() : this.lastLeft;
  }

  /** Entering a room again moves the membership to another version. @throws TooManyMessages, TooManyRooms */
  enter(name: string, operationId = name): Room {
    if (!this.rooms.has(name) && this.rooms.size >= MOST_ROOMS) throw TooManyRooms.over(MOST_ROOMS);
    if (!this.joins.take()) throw TooManyMessages.joins(JOINS_PER_SECOND, JOINS_AT_ONCE);
    this.exit(name);
    const room = new Room(operationId);
    this.rooms.set(name, room);
    return room;
  }

  /** Where this operation is followed. @throws OperationNotJoined */
  of(operationId: string): Room[] {
    const found = [...this.rooms.values()].filter((room) => room.operationId === operationId);
    if (found.length === 0) throw OperationNotJoined.withId(operationId);
    return found;
  }

  exit(name: string): void {
    const room = this.rooms.get(name);
    room?.leave();
    if (room) this.remove(name, room);
  }

  exitAll(): void {
    for (const name of this.rooms.keys()) this.exit(name);
  }

  /** Makes place after a follower has ended; no-op if the room was entered again. */
  forget(name: string, room: Room): void {
    if (this.rooms.get(name) === room) this.remove(name, room);
  }

  private remove(name: string, { live }: Room): void {
    this.rooms.delete(name);
    if (live) this.lastLeft = performance.now();
  }
}
