import { inspect } from 'node:util';
import { SealstreamError } from '@sealstream/contracts';
import sodium from 'sodium-native';

/** Bytes of every key in Sealstream: stored, wrapping, outermost, derived, X25519 private. */
export const KEY_BYTES = 32;

let slotOf: (handle: KeyHandle) => Buffer | undefined;
let empty: (handle: KeyHandle) => void;

/**
 * A key that can be used and not looked at. String, JSON and inspect forms show `[key]`.
 * Made by `keyHandle`, ended by `destroyKey`; after that every use of it throws.
 */
export class KeyHandle {
  #slot: Buffer | undefined;

  static {
    slotOf = (handle) => handle.#slot;
    empty = (handle) => {
      handle.#slot = undefined;
    };
  }

  constructor(slot: Buffer) {
    // Precondition: a key is 32 bytes.
    if (slot.length !== KEY_BYTES) throw new SealstreamError('INTERNAL', { keyBytes: slot.length });
    this.#slot = slot;
  }

  toString(): string {
    return '[key]';
  }

  toJSON(): string {
    return '[key]';
  }

  [inspect.custom](): string {
    return '[key]';
  }
}

/** A handle over 32 bytes that the caller owns and keeps; nothing is copied. */
export function keyHandle(slot: Buffer): KeyHandle {
  return new KeyHandle(slot);
}

/**
 * Zeroes the slot and makes the handle unusable, so that whoever still holds it gets an error
 * instead of sealing under zeroes or under the next key in that slot.
 */
export function destroyKey(handle: KeyHandle): void {
  const slot = slotOf(handle);
  if (slot === undefined) return;
  empty(handle);
  sodium.sodium_memzero(slot);
}

/**
 * Copies a key into 32 bytes that the caller owns and zeroes, for what is handed out on purpose: the
 * derived keys of a grant.
 */
export function copyKey(handle: KeyHandle, slot: Buffer): void {
  bytesOf(handle).copy(slot, 0, 0, KEY_BYTES);
}

/** For this package alone: the bytes behind a handle, in place. */
export function bytesOf(handle: KeyHandle): Buffer {
  const slot = slotOf(handle);
  if (slot === undefined) throw new SealstreamError('INTERNAL', { key: 'used after its end' });
  return slot;
}
