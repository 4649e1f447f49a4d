import { isIPv4, isIPv6 } from 'node:net';

/** Groups of 16 bits of an IPv6 address, and how many of them make the network of one customer. */
const [GROUPS, NETWORK_GROUPS] = [8, 4];
const MAPPED = /^(?:0+:){5}ffff:|^::ffff:/i;

/**
 * What failures of an address are counted under: an IPv4 address itself, an IPv6 address by its /64,
 * since whoever has one address there has all (RFC 6177). An IPv4 address that is written as IPv6 is an
 * IPv4 address. What is no address counts together, so that nobody escapes by a strange one.
 */
export function addressBlock(address: string): string {
  if (isIPv4(address)) return address;
  const bare = address.split('%')[0] ?? '';
  if (!isIPv6(bare)) return 'none';
  // URL writes every form in one way: hexadecimal groups, the longest run of zeros as `::`.
  const host = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  const groups = expanded(host);
  if (MAPPED.test(host)) return dotted(groups.slice(-2));
  return `${groups.slice(0, NETWORK_GROUPS).join(':')}::/64`;
}

function expanded(host: string): string[] {
  const [head = '', tail] = host.split('::');
  const [left, right] = [head, tail ?? ''].map((part) => (part === '' ? [] : part.split(':')));
  const [before, after] = [left ?? [], right ?? []];
  const zeros = Array<string>(GROUPS - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after];
}

function dotted(groups: readonly string[]): string {
  const bytes = groups.flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
  return bytes.join('.');
}
