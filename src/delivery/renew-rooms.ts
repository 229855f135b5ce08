import type { Caller } from '../access/caller.js';
import type { OperationFollowers } from '../operations/feed/operation-follower.js';
import type { Room } from './rooms.js';

/** The rooms go on with other credentials, at the version that they have come to. */
export async function renewRooms(followers: OperationFollowers, rooms: readonly Room[], reader: Caller): Promise<void> {
  for (const room of rooms) {
    if (room.live) await followers.renew(room.live, reader);
    room.reader = reader;
  }
}
