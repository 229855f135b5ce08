import { ClientAddresses } from './client-addresses.js';

const addressOf = (remoteAddress: string, forwarded?: string, trusted: string[] = []) =>
  new ClientAddresses(trusted).of({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  });

test('is that of the connection, whatever the request claims', () => {
  expect(addressOf('203.0.113.7', '198.51.100.1')).toBe('203.0.113.7');
  expect(addressOf('203.0.113.7', '198.51.100.1', ['10.0.0.0/8'])).toBe('203.0.113.7');
});

test.each([
  ['the one before a trusted proxy', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['past several of them', '10.0.0.1', '198.51.100.1, 10.2.3.4', '198.51.100.1'],
  ['not what the client put before it', '10.0.0.1', '192.0.2.1, 198.51.100.1', '198.51.100.1'],
  ['without a port', '10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
  ['without the brackets of IPv6', '10.0.0.1', '[2001:db8:1:2::9]:443', '2001:db8:1:2::/64'],
  ['of a proxy that is reached by IPv6', '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['of the proxy, if the header is no address', '10.0.0.1', 'unknown', '10.0.0.1'],
  ['of the proxy, if there is no header', '10.0.0.1', undefined, '10.0.0.1'],
  ['of the farthest proxy, if there is no other', '10.0.0.1', '10.0.0.2', '10.0.0.2'],
])('behind a proxy is %s', (_, remote, forwarded, expected) =>
  expect(addressOf(remote, forwarded, ['10.0.0.0/8'])).toBe(expected),
);

test.each([
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:DB8:0001::1', '2001:db8:1:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('of IPv6 is its network: %s', (address, network) => expect(addressOf(address)).toBe(network));
