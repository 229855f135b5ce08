import { MOST_ROOMS } from './limits.js';
import { TooManyRooms } from './push-errors.js';

/** The operations that one connection follows; the controller of a room ends its follower. */
export class Rooms {
  private readonly rooms = new Map<string, AbortController>();

  /** Entering a room again moves the membership to another version. @throws TooManyRooms */
  enter(name: string): AbortController {
    this.exit(name);
    if (this.rooms.size >= MOST_ROOMS) throw TooManyRooms.over(MOST_ROOMS);
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
