// How many nodes a load needs, from measured costs: prints the table of docs/scaling.md.
import { pathToFileURL } from 'node:url';
import { columns } from './table.mjs';

/**
 * Milliseconds of one core, bytes, and kilobytes of memory: measured by `npm run bench` and described in
 * docs/scaling.md. `together`: nodes with both roles, which run what they accept; `apart`: nodes with one role.
 */
export const COSTS = {
  together: { applicationMs: 1.19, databaseMs: 0.4 },
  apart: { applicationMs: 2.91, databaseMs: 1.82 },
  walBytes: 4000,
  connectMs: 1.3,
  joinMs: 0.64,
  pushMs: 0.05,
  socketKilobytes: 33,
  roomKilobytes: 16,
};

/** Of a core: above it, waiting times grow faster than the load. */
const MOST_BUSY = 0.6;
/** Within this time, the clients of a node that is lost are connected to others again. */
const RECONNECTED_WITHIN_S = 60;
const NODE_KILOBYTES = 150_000;

const LOADS = [
  { perSecond: 10, sockets: 100 },
  { perSecond: 100, sockets: 1_000 },
  { perSecond: 1_000, sockets: 10_000 },
  { perSecond: 10_000, sockets: 100_000 },
  { perSecond: 10_000, sockets: 1_000_000 },
];

/**
 * Each node runs on one core. What is not a node is a core of PostgreSQL, or megabytes.
 * @param {{ perSecond: number, sockets: number }} load @param {'together' | 'apart'} roles
 */
export function plan({ perSecond, sockets }, roles) {
  const { applicationMs, databaseMs } = COSTS[roles];
  const cores = (/** @type {number} */ milliseconds) => milliseconds / 1000 / MOST_BUSY;
  const forOperations = Math.ceil(cores(perSecond * (applicationMs + COSTS.pushMs)));
  const socketsOfNode = (RECONNECTED_WITHIN_S * 1000 * MOST_BUSY) / (COSTS.connectMs + COSTS.joinMs);
  const forSockets = Math.ceil(sockets / socketsOfNode);
  // One more, so that the loss of one leaves enough.
  const nodes = Math.max(forOperations, forSockets) + 1;
  const kilobytes = NODE_KILOBYTES + (sockets / (nodes - 1)) * (COSTS.socketKilobytes + COSTS.roomKilobytes);
  return {
    nodes,
    megabytes: Math.round(kilobytes / 1000),
    databaseCores: cores(perSecond * databaseMs),
    walMegabytes: (perSecond * COSTS.walBytes) / 1e6,
  };
}

/** @param {number} count */
const whole = (count) => count.toLocaleString('en');
const fixed = (/** @type {number} */ value) => value.toFixed(value < 10 ? 1 : 0);

/** @returns {string[]} */
export function table() {
  const rows = LOADS.flatMap((load) =>
    /** @type {const} */ (['together', 'apart']).map((roles) => {
      const { nodes, megabytes, databaseCores, walMegabytes } = plan(load, roles);
      return [
        whole(load.perSecond),
        whole(load.sockets),
        roles,
        whole(nodes),
        whole(megabytes),
        fixed(databaseCores),
        fixed(walMegabytes),
      ];
    }),
  );
  const head = [
    ['operations', '', '', '', 'MB of', 'cores of', 'MB of WAL'],
    ['a second', 'sockets', 'roles', 'nodes', 'a node', 'PostgreSQL', 'a second'],
  ];
  return columns([...head, ...rows]);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) for (const line of table()) console.log(line);
