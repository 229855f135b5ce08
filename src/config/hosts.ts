import { isIPv4 } from 'node:net';

/** True for a name or address of this machine only; IPv6 without brackets. */
export const isLoopback = (host: string) =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));

/** True for what a server listens on to be reached at each address of its machine. */
export const isEveryAddress = (host: string) => host === '0.0.0.0' || host === '::';

/** The host of a URL; an IPv6 address without its brackets. */
export const bare = (hostname: string) => hostname.replace(/^\[(.*)\]$/, '$1');
