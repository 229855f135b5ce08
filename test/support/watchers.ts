import type { Server } from 'node:http';
import { OperationFeed } from '../../src/operations/feed/operation-feed.js';
import { OperationFollowers } from '../../src/operations/feed/operation-follower.js';
import { eventually, type Service } from './service.js';

/** The number of followers in this process, over all transports. */
export function followersOf(service: Service): number {
  return followersIn(service.outcome.app.get(OperationFollowers, { strict: false }));
}

export function followersIn(followers: OperationFollowers): number {
  return (followers as unknown as { alive: ReadonlySet<unknown> }).alive.size;
}

/** Resolves when no operation is followed or watched. */
export async function nobodyFollows(service: Service): Promise<void> {
  const feed = service.outcome.app.get(OperationFeed, { strict: false });
  await eventually(async () => followersOf(service) === 0 && feed.watched.length === 0).catch(() => {
    throw new Error(
      `Expected that nobody follows any more, found ${followersOf(service)} followers of ` +
        `${feed.watched.length} operations.`,
    );
  });
}

/** The number of the service's open connections. */
export function connectionsOf(service: Service): Promise<number> {
  const server: Server = service.outcome.app.getHttpServer();
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}
