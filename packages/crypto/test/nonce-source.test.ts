import { expect, test } from 'vitest';
import { NONCE_BYTES, randomNonces } from '../src/nonce-source.ts';

test('every nonce is given once, through many draws of the pool', () => {
  const seen = new Set<string>();
  const nonce = Buffer.alloc(NONCE_BYTES);
  for (let i = 0; i < 10_000; i++) {
    randomNonces.next(nonce);
    seen.add(nonce.toString('latin1'));
  }
  expect(seen.size).toBe(10_000);
});

test('only the first 24 bytes of a longer target are written', () => {
  const target = Buffer.alloc(40, 0xee);
  randomNonces.next(target);
  expect(target.subarray(NONCE_BYTES).every((byte) => byte === 0xee)).toBe(true);
});
