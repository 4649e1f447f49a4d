import sodium from 'sodium-native';
import { bytesOf, type KeyHandle } from './key-handle.ts';
import { NONCE_BYTES } from './nonce-source.ts';
import { Scratch } from './scratch.ts';

const message = new Scratch();

/**
 * The nonce of deterministic sealing: keyed BLAKE2b-192 of the associated data (with its length
 * before it) and the block, under a key of its own. Equal values in one place get equal tokens, and
 * two different ones never share a nonce but by a collision of 192 bits.
 *
 * @param nonce 24 bytes, filled
 */
export function syntheticNonce(
  nonce: Buffer,
  associated: Buffer,
  block: Buffer,
  key: KeyHandle,
): void {
  const whole = message.first(4 + associated.length + block.length);
  whole.writeUInt32BE(associated.length, 0);
  whole.set(associated, 4);
  whole.set(block, 4 + associated.length);
  try {
    sodium.crypto_generichash(nonce.subarray(0, NONCE_BYTES), whole, bytesOf(key));
  } finally {
    whole.fill(0);
  }
}
