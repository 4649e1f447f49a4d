import { isIPv6 } from 'node:net';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskOne } from './mask-one.ts';

const network = (text: string, rule?: object) => maskOne('truncateIp', rule, text);

test.each([
  ['192.0.2.77', undefined, '192.0.2.0'],
  ['192.0.2.77', { v4: 20 }, '192.0.0.0'],
  ['255.255.255.255', { v4: 1 }, '128.0.0.0'],
  ['2001:db8:1:2:3:4:5:6', undefined, '2001:db8:1::'],
  ['2001:DB8::1', { v6: 32 }, '2001:db8::'],
  ['2001:db8:ffff::', { v6: 36 }, '2001:db8:f000::'],
  ['::1', undefined, '::'],
  ['1:0:0:2:0:0:0:3', { v6: 127 }, '1:0:0:2::2'],
  ['::ffff:192.0.2.77', undefined, '::ffff:192.0.2.0'],
  ['::ffff:c000:24d', { v4: 8, v6: 127 }, '::ffff:192.0.0.0'],
  ['0:0:0:0:0:FFFF:c000:24d', { v4: 8, v6: 127 }, '::ffff:192.0.0.0'],
  ['64:ff9b::192.0.2.33', { v6: 120 }, '64:ff9b::c000:200'],
])('%s under %o becomes %s', (text, rule, masked) => {
  expect(network(text, rule)).toBe(masked);
});

test.each([
  '',
  '1.2.3',
  '1.2.3.4.5',
  '256.1.1.1',
  '01.2.3.4',
  'fe80::1%eth0',
  ':::',
  'host',
  '1.2.3.4 ',
])('what is no address is unfit (%s)', (text) => {
  expect(network(text)).toBeUndefined();
});

/** The bits of an address that `truncateIp` wrote. */
function bitsOf(address: string): string {
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string) => text.split(':').filter((group) => group !== '');
  const zeros = 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(zeros).fill('0'), ...groups(tail)];
  return all.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0')).join('');
}

test('of every IPv6 address the bits of the network stay, and all others are zero', () => {
  fc.assert(
    fc.property(fc.ipV6(), fc.integer({ min: 1, max: 127 }), (address, v6) => {
      const masked = network(address, { v6 }) ?? '';
      fc.pre(!masked.includes('.'));
      expect(isIPv6(masked)).toBe(true);
      expect(bitsOf(masked).slice(v6)).toMatch(/^0*$/);
      expect(network(masked, { v6 })).toBe(masked);
      expect(bitsOf(network(address, { v6: 127 }) ?? '').slice(0, v6)).toBe(
        bitsOf(masked).slice(0, v6),
      );
    }),
  );
});
