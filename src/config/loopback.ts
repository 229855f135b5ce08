import { isIPv4 } from 'node:net';

/** Whether a name or address, an IPv6 one without brackets, leads to this machine only. */
export const isLoopback = (host: string) =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
