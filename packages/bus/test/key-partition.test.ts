import { describe, expect, it } from 'vitest';
import { partitionOfKey } from '../src/key-partition.ts';

// Hashes from Kafka's own UtilsTest (murmur2): the partition is the hash without its sign.
const VECTORS: readonly (readonly [string, number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

describe('the partition of a key', () => {
  it.each(VECTORS)("is the one that Java's producer takes for %s", (key, hash) => {
    const all = 0x7fffffff;
    expect(partitionOfKey(Buffer.from(key), all)).toBe((hash & all) % all);
  });
});
