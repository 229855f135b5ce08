import { isIPv4 } from 'node:net';

/** True for a name or address of this machine only; IPv6 without brackets. */
export const isLoopback = (host: string) =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
