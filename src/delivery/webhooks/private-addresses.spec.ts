import { isPrivate, literalAddress, publicLookup } from './private-addresses.js';

test.each([
  ['0.0.0.0', 'this network'],
  ['10.1.2.3', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.0.1', 'private'],
  ['100.64.0.1', 'carrier-grade NAT'],
  ['127.8.9.1', 'loopback'],
  ['169.254.169.254', 'metadata'],
  ['168.63.129.16', 'metadata'],
  ['224.0.0.1', 'multicast'],
  ['255.255.255.255', 'broadcast'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['::ffff:127.0.0.1', 'loopback, mapped'],
  ['::ffff:a00:1', 'private, mapped'],
  ['64:ff9b::a9fe:a9fe', 'metadata, by NAT64'],
  ['2002:7f00:1::', 'loopback, by 6to4'],
  ['2001:0:1::', 'Teredo'],
  ['fe80::1', 'link-local'],
  ['fc00::1', 'unique-local'],
  ['fd00:ec2::254', 'metadata'],
  ['ff02::1', 'multicast'],
])('%s (%s) is not on the Internet', (address) => expect(isPrivate(address)).toBe(true));

test.each(['1.1.1.1', '172.32.0.1', '100.128.0.1', '192.169.0.1', '2606:4700::1111', '2a00:1450:4001::200e'])(
  '%s is',
  (address) => expect(isPrivate(address)).toBe(false),
);

test.each([
  ['https://2130706433/', '127.0.0.1'],
  ['https://0x7f.1/', '127.0.0.1'],
  ['https://017700000001/', '127.0.0.1'],
  ['https://127.1/', '127.0.0.1'],
  ['https://[::FFFF:127.0.0.1]/', '::ffff:7f00:1'],
  ['https://shop.example/', undefined],
])('%s names the address %s', (url, address) => expect(literalAddress(new URL(url))).toBe(address));

test('a name that resolves to loopback is refused when it connects', async () => {
  for (const all of [true, false]) {
    const error = await new Promise((resolve) => publicLookup('localhost', { all }, resolve));
    expect(error).toMatchObject({ message: expect.stringMatching(/localhost is (127\.0\.0\.1|::1)\./) });
  }
});
