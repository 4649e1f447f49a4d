import { describe, expect, test } from 'vitest';
import { KeyedHash } from '../src/keyed-hash.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { MemoryKeys } from './memory-keys.ts';
import { hex, keyedHashes } from './vectors.ts';

describe('keyed hash', () => {
  test.each(keyedHashes)('gives the published digest of $value', (vector) => {
    const keys = new MemoryKeys({ hashKeyId123: hex(vector.stored) });
    const hash = new KeyedHash('hash', vector.dataset, vector.path);
    expect(hash.digest(keys, hex(vector.value)).toString('hex')).toBe(vector.digest);
  });

  test('writes the digest as text behind what stands, from a value inside a larger buffer', () => {
    const keys = new MemoryKeys({ hashKeyId123: Buffer.alloc(32, 1) });
    const hash = new KeyedHash('hash', 'people', '/email');
    const out = new GrowingBytes('before ');
    const lengths = [...Array(130).keys(), 500];
    for (const value of lengths.map((length) => 'a@b.example'.repeat(50).slice(0, length))) {
      const around = Buffer.from(`<${value}>`);
      hash.digestInto(keys, around, 1, around.length - 1, out);
      const digest = hash.digest(keys, Buffer.from(value)).toString('base64url');
      expect(out.text().slice(-22)).toBe(digest);
    }
    expect(out.text()).toMatch(new RegExp(`^before [\\w-]{${22 * lengths.length}}$`));
  });

  test('one value under another path, dataset or key gives another digest', () => {
    const keys = new MemoryKeys({ hashKeyId123: Buffer.alloc(32, 1) });
    const others = new MemoryKeys({ hashKeyId123: Buffer.alloc(32, 2) });
    const value = Buffer.from('alice.smith@email.com');
    const digests = [
      new KeyedHash('hash', 'people', '/email').digest(keys, value),
      new KeyedHash('hash', 'people', '/phone').digest(keys, value),
      new KeyedHash('hash', 'staff', '/email').digest(keys, value),
      new KeyedHash('hash', 'people', '/email').digest(others, value),
    ].map((digest) => digest.toString('hex'));
    expect(new Set(digests).size).toBe(4);
    expect(digests[0]).toHaveLength(32);
  });
});
