import { SealstreamError } from '@sealstream/contracts';
import { destroyKey, KEY_BYTES, type KeyHandle } from '@sealstream/crypto';
import sodium from 'sodium-native';

/** Slots of one arena: 64 KiB of keys between guard pages. */
export const ARENA_SLOTS = 2048;

/**
 * Memory for keys: few large guarded allocations of 32-byte slots, since Node aborts after some
 * 15,000 small ones.
 *
 * Promises: the memory is locked (or MEMORY_NOT_LOCKED is thrown, unless unlocked memory is
 * allowed); a slot is zero before it is used again; no slot leaves as a Buffer but to the one
 * function that fills it, and to whoever wraps its key.
 */
export class KeyArena {
  readonly #allowUnlocked: boolean;
  readonly #free: Buffer[] = [];
  readonly #slots = new Map<KeyHandle, Buffer>();

  constructor({ allowUnlocked = false }: { allowUnlocked?: boolean } = {}) {
    this.#allowUnlocked = allowUnlocked;
    this.#grow();
  }

  /** Keys held now. */
  get size(): number {
    return this.#slots.size;
  }

  /** Gives a slot to `fill`, which makes a key of it. When `fill` throws, the slot is zeroed. */
  take(fill: (slot: Buffer) => KeyHandle): KeyHandle {
    const slot = this.#slot();
    try {
      return this.#keep(fill(slot), slot);
    } catch (error) {
      this.#giveBack(slot);
      throw error;
    }
  }

  /** As take, for what unwraps somewhere else. */
  async takeFrom(fill: (slot: Buffer) => Promise<KeyHandle>): Promise<KeyHandle> {
    const slot = this.#slot();
    try {
      return this.#keep(await fill(slot), slot);
    } catch (error) {
      this.#giveBack(slot);
      throw error;
    }
  }

  /** Shows the bytes of a key of this arena to `wrap`, which neither keeps nor changes them. */
  async lend<T>(key: KeyHandle, wrap: (slot: Buffer) => Promise<T>): Promise<T> {
    const slot = this.#slots.get(key);
    if (slot === undefined) throw new SealstreamError('INTERNAL', { arena: 'not a key of it' });
    return wrap(slot);
  }

  /** Ends a key: zeroes it, and whoever still holds the handle gets an error. */
  drop(key: KeyHandle): void {
    const slot = this.#slots.get(key);
    destroyKey(key);
    if (slot === undefined) return;
    this.#slots.delete(key);
    this.#giveBack(slot);
  }

  /** Ends every key. */
  clear(): void {
    for (const key of this.#slots.keys()) this.drop(key);
  }

  #keep(key: KeyHandle, slot: Buffer): KeyHandle {
    this.#slots.set(key, slot);
    return key;
  }

  #slot(): Buffer {
    if (this.#free.length === 0) this.#grow();
    const slot = this.#free.pop();
    if (slot === undefined) throw new SealstreamError('INTERNAL', { arena: 'without a slot' });
    return slot;
  }

  #giveBack(slot: Buffer): void {
    sodium.sodium_memzero(slot);
    this.#free.push(slot);
  }

  #grow(): void {
    const memory = keyMemory(ARENA_SLOTS, this.#allowUnlocked);
    for (let at = memory.length - KEY_BYTES; at >= 0; at -= KEY_BYTES)
      this.#free.push(memory.subarray(at, at + KEY_BYTES));
  }
}

/** Zeroed memory for so many keys between guard pages. Throws MEMORY_NOT_LOCKED. */
export function keyMemory(slots: number, allowUnlocked: boolean): Buffer {
  const memory = sodium.sodium_malloc(slots * KEY_BYTES);
  if (!allowUnlocked) lock(memory);
  sodium.sodium_memzero(memory);
  return memory;
}

/** sodium_malloc tries to lock and says nothing when it fails, so it is asked again here. */
function lock(memory: Buffer): void {
  try {
    sodium.sodium_mlock(memory);
  } catch {
    throw new SealstreamError('MEMORY_NOT_LOCKED', { bytes: memory.length });
  }
}
