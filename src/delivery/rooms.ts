import { JOINS_AT_ONCE, JOINS_PER_SECOND, MOST_ROOMS } from './limits.js';
import { TooManyMessages, TooManyRooms } from './push-errors.js';
import { TokenBucket } from './token-bucket.js';

/** The operations that one connection follows; the controller of a room ends its follower. */
export class Rooms {
  private readonly rooms = new Map<string, AbortController>();
  private readonly joins = new TokenBucket(JOINS_AT_ONCE, JOINS_PER_SECOND);

  /** Entering a room again moves the membership to another version. @throws TooManyMessages, TooManyRooms */
  enter(name: string): AbortController {
    if (!this.rooms.has(name) && this.rooms.size >= MOST_ROOMS) throw TooManyRooms.over(MOST_ROOMS);
    if (!this.joins.take()) throw TooManyMessages.joins(JOINS_PER_SECOND, JOINS_AT_ONCE);
    this.exit(name);
    const room = new AbortController();
    this.rooms.set(name, room);
    return room;
  }

  exit(name: string): void {
    this.rooms.get(name)?.abort();
    this.rooms.delete(name);
  }

  exitAll(): void {
    for (const name of this.rooms.keys()) this.exit(name);
  }

  /** Makes place after a follower has ended; no-op if the room was entered again. */
  forget(name: string, room: AbortController): void {
    if (this.rooms.get(name) === room) this.rooms.delete(name);
  }
}
