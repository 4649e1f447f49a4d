import { SealstreamError } from '@sealstream/contracts';
import sodium from 'sodium-native';
import { bytesOf, destroyKey, KEY_BYTES, type KeyHandle, keyHandle } from './key-handle.ts';
import { lengthPrefixed } from './length-prefixed.ts';
import { NONCE_BYTES, randomNonces } from './nonce-source.ts';
import { aeadOpen, aeadSeal, TAG_BYTES } from './xchacha20-poly1305.ts';

/** What a wrapped key is bound to: any number of names, in a fixed order of the caller's. */
export type WrapContext = readonly string[];

/** Bytes of a wrapped key: nonce, key, tag. */
export const WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES;

const DIGEST_BYTES = 32;

/** Fills a slot of the caller with a fresh random key. */
export function generateKey(slot: Buffer): KeyHandle {
  const key = keyHandle(slot);
  sodium.randombytes_buf(slot);
  return key;
}

/** Fills the caller's 32 bytes with a public X25519 key, and the slot with its private half. */
export function generateKeyPair(publicKey: Buffer, privateSlot: Buffer): KeyHandle {
  const key = keyHandle(privateSlot);
  sodium.crypto_box_keypair(publicKey, privateSlot);
  return key;
}

/** The public half (32 bytes) of a private X25519 key. */
export function publicKeyOf(privateKey: KeyHandle): Buffer {
  const publicKey = Buffer.alloc(KEY_BYTES);
  sodium.crypto_scalarmult_base(publicKey, bytesOf(privateKey));
  return publicKey;
}

function associated(context: WrapContext): Buffer {
  return lengthPrefixed(['sealstream/v1 wrapped key', ...context]);
}

/** Seals a key under another one, bound to the context: 72 bytes, nonce ‖ ciphertext ‖ tag. */
export function wrapKey(wrapping: KeyHandle, context: WrapContext, key: KeyHandle): Buffer {
  const wrapped = Buffer.alloc(WRAPPED_BYTES);
  const nonce = wrapped.subarray(0, NONCE_BYTES);
  randomNonces.next(nonce);
  aeadSeal(wrapped.subarray(NONCE_BYTES), bytesOf(key), associated(context), nonce, wrapping);
  return wrapped;
}

/**
 * Opens a wrapped key into the caller's slot.
 * Throws KEYSET_UNREADABLE, with the slot zeroed, when key or context is another one.
 */
export function unwrapKey(
  wrapping: KeyHandle,
  context: WrapContext,
  wrapped: Buffer,
  slot: Buffer,
): KeyHandle {
  const key = keyHandle(slot);
  const opened =
    wrapped.length === WRAPPED_BYTES &&
    aeadOpen(
      slot,
      wrapped.subarray(NONCE_BYTES),
      associated(context),
      wrapped.subarray(0, NONCE_BYTES),
      wrapping,
    );
  if (opened) return key;
  destroyKey(key);
  throw new SealstreamError('KEYSET_UNREADABLE', { wrapped: context.join('/') });
}

/**
 * A 32-byte check value of a key in its context: keyed BLAKE2b, so it tells nothing about the key.
 * XChaCha20-Poly1305 does not commit to its key; comparing this after unwrapping does.
 */
export function keyDigest(key: KeyHandle, context: WrapContext): Buffer {
  const digest = Buffer.alloc(DIGEST_BYTES);
  const message = lengthPrefixed(['sealstream/v1 key digest', ...context]);
  sodium.crypto_generichash(digest, message, bytesOf(key));
  return digest;
}
