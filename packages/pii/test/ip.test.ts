import { describe, expect, test } from 'vitest';
import { valuesOf } from './found.ts';

const ip = (text: string) => valuesOf('ip', text);

describe('an IP address', () => {
  test.each(['0.0.0.0', '8.8.8.8', '192.168.17.4', '255.255.255.255'])('of IPv4: %s', (address) => {
    expect(ip(`from ${address}:`)).toEqual([address]);
    expect(ip(`${address}/24`)).toEqual([address]);
    expect(ip(`http://${address}:8080/`)).toEqual([address]);
  });

  // RFC 4291, 2.2, and RFC 5952.
  test.each([
    'ABCD:EF01:2345:6789:ABCD:EF01:2345:6789',
    '2001:DB8:0:0:8:800:200C:417A',
    '2001:DB8::8:800:200C:417A',
    'FF01::101',
    '::1',
    '::13.1.68.3',
    '::FFFF:129.144.52.38',
    '0:0:0:0:0:FFFF:129.144.52.38',
    'fe80::1',
    '2001:db8::',
  ])('of IPv6: %s', (address) => {
    expect(ip(`from ${address} here`)).toEqual([address]);
    expect(ip(`[${address}]`)).toEqual([address]);
  });

  test.each([
    '256.1.1.1',
    '1.1.1',
    '1.1.1.1.1',
    '01.1.1.1',
    '1.2.3.4a',
    'version 1.2.3.4',
    '11:34:35',
    '00:1A:2B:3C:4D:5E',
    'std::vector',
    'a::b',
    '::',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '12345::1',
  ])('is none: %s', (text) => {
    expect(ip(text)).toEqual([]);
  });
});
