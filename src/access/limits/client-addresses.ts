import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/**
 * The address that a request counts for: that of its connection, or, behind proxies of TRUST_PROXY, the last one in
 * X-Forwarded-For that is no such proxy. What stands before it was written by the client.
 */
export class ClientAddresses {
  private readonly proxies = new BlockList();

  constructor(private readonly trusted: readonly string[]) {
    for (const network of trusted) {
      const [address = '', prefix] = network.split('/');
      if (prefix === undefined) this.proxies.addAddress(address, familyOf(address));
      else this.proxies.addSubnet(address, Number(prefix), familyOf(address));
    }
  }

  /** Of IPv6, the network of 64 bits, which one customer has whole. */
  of({
    socket,
    headers,
  }: Pick<IncomingMessage, 'headers'> & { socket: { remoteAddress?: string | undefined } }): string {
    let address = plain(socket.remoteAddress ?? '');
    const forwarded = String(headers['x-forwarded-for'] ?? '').split(',');
    while (this.isProxy(address)) {
      const next = plain(forwarded.pop()?.trim() ?? '');
      if (isIP(next) === 0) break;
      address = next;
    }
    return isIP(address) === 6 ? networkOf(address) : address;
  }

  private isProxy(address: string): boolean {
    return this.trusted.length > 0 && isIP(address) !== 0 && this.proxies.check(address, familyOf(address));
  }
}

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** An IPv4 address within IPv6 as itself; without a port, which some proxies add. */
function plain(address: string): string {
  const bare = isIP(address) ? address : address.replace(/^\[?(.*?)\]?:\d+$/, '$1');
  return bare.replace(/^::ffff:(?=\d+\.)/i, '');
}

function networkOf(address: string): string {
  const [head = '', tail] = address.split('::');
  const groups = head.split(':').filter(Boolean);
  const first = tail === undefined ? groups : [...groups, ...tailOf(groups.length, tail)];
  return `${first
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

const tailOf = (before: number, tail: string): string[] => {
  const groups = tail.split(':').filter(Boolean);
  return [...new Array<string>(Math.max(0, 8 - before - groups.length)).fill('0'), ...groups];
};
