import { SealstreamError } from '@sealstream/contracts';
import { destroyKey, KEY_BYTES, type KeyHandle, keyHandle } from '@sealstream/crypto';
import sodium from 'sodium-native';

/** Slots of one allocation: 8 KiB between guard pages. */
const SLOTS = 256;

/**
 * Guarded memory for the keys of one consumer: few allocations with many slots, since Node aborts
 * after some 15,000 small ones. It is locked where the system lets it be.
 */
export class KeyMemory {
  readonly #free: Buffer[] = [];
  readonly #slots = new Map<KeyHandle, Buffer>();
  #isEnded = false;

  /** Keys held now. */
  get size(): number {
    return this.#slots.size;
  }

  /**
   * Keeps a key; `text` is 32 bytes in base64url, as its schema has checked.
   * Throws USAGE after the end, so that an answer that comes late leaves nothing behind.
   */
  keep(text: string): KeyHandle {
    if (this.#isEnded) throw new SealstreamError('USAGE', {}, 'This grant was closed.');
    const slot = this.#free.pop() ?? this.#grow();
    slot.write(text, 'base64url');
    const key = keyHandle(slot);
    this.#slots.set(key, slot);
    return key;
  }

  /** Ends a key: zeroes it, and whoever still holds the handle gets an error. */
  drop(key: KeyHandle): void {
    const slot = this.#slots.get(key);
    destroyKey(key);
    if (slot === undefined) return;
    this.#slots.delete(key);
    this.#free.push(slot);
  }

  /** Ends every key; none is kept after it. */
  end(): void {
    this.#isEnded = true;
    for (const key of this.#slots.keys()) this.drop(key);
  }

  #grow(): Buffer {
    const memory = sodium.sodium_malloc(SLOTS * KEY_BYTES);
    for (let at = KEY_BYTES; at < memory.length; at += KEY_BYTES)
      this.#free.push(memory.subarray(at, at + KEY_BYTES));
    return memory.subarray(0, KEY_BYTES);
  }
}
