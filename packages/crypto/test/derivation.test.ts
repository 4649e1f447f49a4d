import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { derivationInput, deriveKey, type KeyUse } from '../src/derivation.ts';
import { bytesOf, keyHandle } from '../src/key-handle.ts';
import { derivations, hex } from './vectors.ts';

const use: KeyUse = {
  purpose: 'field',
  algorithm: 'xchacha20-poly1305',
  format: 'field-token',
  dataset: 'people',
  path: '/ssn',
};
const derived = (of: KeyUse, stored: Buffer = Buffer.alloc(32, 7)): string =>
  bytesOf(deriveKey(keyHandle(stored), of, Buffer.alloc(32))).toString('hex');

describe('derivation', () => {
  test.each(derivations)('gives the published key for $use', (vector) => {
    expect(derivationInput(vector.use).toString('hex')).toBe(vector.input);
    expect(derived(vector.use, hex(vector.stored))).toBe(vector.derived);
  });

  test('another purpose, algorithm, format, dataset, path or stored key gives another key', () => {
    const others: KeyUse[] = [
      { ...use, purpose: 'accepted' },
      { ...use, algorithm: 'blake2b-128' },
      { ...use, format: 'sealed-record' },
      { ...use, dataset: 'peoples' },
      { ...use, path: '/ssn2' },
    ];
    const keys = [derived(use), ...others.map((other) => derived(other))];
    keys.push(derived(use, Buffer.alloc(32, 8)));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('no shift of text between dataset and path gives the same key', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (a, b, c) => {
        fc.pre(b !== '');
        const left = derivationInput({ ...use, dataset: a + b, path: c });
        const right = derivationInput({ ...use, dataset: a, path: b + c });
        expect(left.equals(right)).toBe(false);
      }),
    );
  });

  test('a derived key goes into a slot of 32 bytes', () => {
    expect(() => deriveKey(keyHandle(Buffer.alloc(32)), use, Buffer.alloc(31))).toThrow('INTERNAL');
  });
});
