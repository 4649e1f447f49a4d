import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressBlock } from '../src/address-block.ts';

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:0DB8:0:0:ffff::9', '2001:db8:0:0::/64'],
  ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:c000:207', '192.0.2.7'],
  ['0:0:0:0:0:ffff:c000:207', '192.0.2.7'],
  ['', 'none'],
  ['1.2.3', 'none'],
  ['no address', 'none'],
])('%j counts under %s', (address, block) => {
  expect(addressBlock(address)).toBe(block);
});

test('all addresses of one /64 count together, and those of two do not', () => {
  const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
  const half = fc.array(group, { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(half, half, half, (network, one, other) => {
      fc.pre(network.some((part) => part !== '0'));
      const block = addressBlock([...network, ...one].join(':'));
      expect(addressBlock([...network, ...other].join(':'))).toBe(block);
      const next = [
        ...network.slice(0, 3),
        (Number.parseInt(network[3] ?? '', 16) ^ 1).toString(16),
      ];
      expect(addressBlock([...next, ...one].join(':'))).not.toBe(block);
    }),
  );
});
