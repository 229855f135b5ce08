import { lookup as resolve, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Addresses inside networks, which an endpoint on the Internet never has (IANA's special-purpose registries). */
const IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Metadata of Azure, which is else a public address.
  '168.63.129.16/32',
];

/** Only 2000::/3 is the Internet; in it, tunnels (Teredo, 6to4) that end at any IPv4 address, and documentation. */
const IPV6 = ['::/3', '4000::/2', '8000::/1', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

function listOf(ranges: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits] = range.split('/');
    list.addSubnet(network, Number(bits), family);
  }
  return list;
}

/** Two, since one list would take every IPv4 address for its mapped form, ::ffff:0:0/96. */
const LISTS = { ipv4: listOf(IPV4, 'ipv4'), ipv6: listOf(IPV6, 'ipv6') };

export function isPrivate(address: string): boolean {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  return LISTS[family].check(address, family);
}

export class PrivateAddress extends Error {
  static of(host: string, address: string): PrivateAddress {
    return new PrivateAddress(
      `Expected an address on the Internet, found that ${host} is ${address}. WEBHOOK_ALLOW_PRIVATE=true lets ` +
        'webhooks reach addresses inside a network.',
    );
  }
}

/** The address that `url` names without a name; undefined: a name, which is resolved when it connects. */
export function literalAddress(url: URL): string | undefined {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(host) ? host : undefined;
}

/**
 * Resolves a name for a connection: what is checked is what is connected to. Refuses a name with any private address.
 */
export const publicLookup: LookupFunction = (host, options, callback) => {
  resolve(host, { ...options, all: true }, (error, addresses: LookupAddress[] | undefined) => {
    const found = addresses?.find(({ address }) => isPrivate(address));
    const first = addresses?.[0];
    if (error || found || !first) callback(error ?? PrivateAddress.of(host, found?.address ?? 'nowhere'), '', 0);
    else if (options.all) callback(null, addresses ?? []);
    else callback(null, first.address, first.family);
  });
};
