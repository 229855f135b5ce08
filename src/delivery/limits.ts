import { SECONDS } from '../time/durations.js';

const KIB = 1024;

/** The largest message of a client, in bytes. */
export const LARGEST_MESSAGE = 16 * KIB;

/** The most bytes of messages in one frame of a WebSocket; as many as in a body. */
export const LARGEST_BATCH = 64 * KIB;

/** The most operations that one connection follows. */
export const MOST_ROOMS = 100;

/** All rooms, and as many again for a page that changes what it shows. */
export const JOINS_AT_ONCE = 2 * MOST_ROOMS;
export const JOINS_PER_SECOND = 10;

/** A client that reconnects joins all its rooms at once. */
export const MESSAGES_AT_ONCE = 300;
export const MESSAGES_PER_SECOND = 30;

/** A connection enters its namespace once, and again with other credentials. */
export const CONNECTS_AT_ONCE = 10;
export const CONNECTS_PER_SECOND = 1;

/** How long a reader that is cut off may still take buffered bytes. */
export const LAST_CHANCE_MS = 10 * SECONDS;
