import { SealstreamError } from '@sealstream/contracts';
import {
  type ActiveKey,
  deriveKey,
  destroyKey,
  KEY_BYTES,
  type KeyHandle,
  keyHandle,
  type KeyUse,
} from '@sealstream/crypto';
import { keyMemory } from './arena.ts';
import { SubjectIndexTable } from './subject-index-table.ts';
import { SubjectMemory } from './subject-memory.ts';
import type { SubjectSlots } from './subject-slots.ts';

const FIRST_NUMBERS = 1024;
/** What was used in this round or in the one before is not given up. */
const ROUNDS_KEPT = 2;

/** Keys of one use: derived when asked for, by the subject's number. */
interface DerivedLayer {
  readonly use: KeyUse;
  readonly slots: SubjectSlots;
  /** 1 where a key was derived. */
  derived: Uint8Array;
}

/** The one key that is given out at a time. */
interface OneActiveKey extends ActiveKey {
  id: string;
}

/**
 * Keys of subjects in guarded memory, bounded by a number of subjects.
 *
 * Promises: giving a key that is there allocates nothing; whoever is given up is zeroed, with what
 * was derived; what was used in this round or the last stays, even beyond the bound, so that one
 * batch always finds all that it asked for. Where no more memory can be locked, the bound becomes
 * what there is; then alone two batches of more subjects than that fail, with MEMORY_NOT_LOCKED.
 */
export class SubjectCache {
  readonly #dataset: string;
  readonly #onFull: (subjects: number) => void;
  readonly #memory: SubjectMemory;
  readonly #table = new SubjectIndexTable();
  readonly #stored: SubjectSlots;
  readonly #layers: DerivedLayer[] = [];
  readonly #layerOf = new WeakMap<KeyUse, DerivedLayer>();
  readonly #numberOf = new Map<string, number>();
  readonly #free: number[] = [];
  readonly #scratch: Buffer;
  readonly #words: Int32Array;
  readonly #active: OneActiveKey;
  /** By number: the key id, empty for a free one, and the round of the last use. */
  #ids: string[] = [];
  #usedIn = new Float64Array(FIRST_NUMBERS);
  #numbers = 0;
  #max: number;
  #round = ROUNDS_KEPT;
  #hand = 0;
  #lastUse: KeyUse | undefined;
  #lastLayer: DerivedLayer | undefined;

  /** @param onFull told once how many subjects there is room for, when that is less than `max` */
  constructor(
    dataset: string,
    max: number,
    allowUnlocked: boolean,
    onFull: (subjects: number) => void = () => undefined,
  ) {
    this.#dataset = dataset;
    this.#max = max;
    this.#onFull = onFull;
    this.#memory = new SubjectMemory(allowUnlocked);
    this.#stored = this.#memory.row();
    this.#scratch = keyMemory(1, allowUnlocked);
    this.#words = new Int32Array(this.#scratch.buffer, this.#scratch.byteOffset, KEY_BYTES / 4);
    this.#active = { id: '', key: keyHandle(this.#scratch) };
  }

  /** Subjects held now. */
  get size(): number {
    return this.#numberOf.size;
  }

  /** The number of a subject, or -1. */
  find(bytes: Uint8Array, at: number): number {
    return this.#table.find(bytes, at);
  }

  /** The number of whom a key id belongs to, or -1. */
  findId(id: string): number {
    return this.#numberOf.get(id) ?? -1;
  }

  /**
   * The key of a number for a use. It stands until the next call. Undefined when the first key of a
   * use took the room of this subject, who then has to be brought again.
   */
  give(use: KeyUse, number: number): ActiveKey | undefined {
    const layer = use === this.#lastUse ? this.#lastLayer : this.#layer(use);
    if (layer === undefined) throw new SealstreamError('INTERNAL', { use: use.path });
    if (number >= this.#numbers) return undefined;
    if (layer.derived[number] !== 1) this.#derive(layer, number);
    layer.slots.copyTo(number, this.#words);
    this.#usedIn[number] = this.#round;
    this.#active.id = this.#ids[number];
    return this.#active;
  }

  /**
   * Takes a key in: `fill` writes it into the slot. What it throws, it throws on, and the slot is
   * zero again.
   */
  take(index: Buffer, id: string, fill: (slot: Buffer) => KeyHandle): void {
    const number = this.#freeNumber();
    try {
      fill(this.#stored.slot(number));
    } catch (error) {
      this.#stored.zero(number);
      this.#free.push(number);
      throw error;
    }
    this.#drop(this.#table.find(index, 0));
    this.#table.set(index, 0, number);
    this.#numberOf.set(id, number);
    this.#ids[number] = id;
    this.#usedIn[number] = this.#round;
  }

  /** Zeroes what there is of a subject. */
  drop(index: Uint8Array): void {
    this.#drop(this.#table.find(index, 0));
  }

  /** What was used before the round that ends now may be given up from here on. */
  nextRound(): void {
    this.#round++;
  }

  /** Zeroes all; nothing can be given after it. */
  close(): void {
    this.#memory.clear();
    for (const number of this.#numberOf.values()) this.#table.delete(number);
    this.#numberOf.clear();
    destroyKey(this.#active.key);
  }

  #drop(number: number): void {
    if (number < 0) return;
    this.#forget(number);
    this.#stored.zero(number);
    for (const layer of this.#layers) {
      if (layer.derived[number] === 1) layer.slots.zero(number);
      layer.derived[number] = 0;
    }
    this.#free.push(number);
  }

  #forget(number: number): void {
    this.#table.delete(number);
    this.#numberOf.delete(this.#ids[number]);
    this.#ids[number] = '';
  }

  #freeNumber(): number {
    if (this.#free.length === 0 && this.#numberOf.size >= this.#max) this.#evict();
    if (this.#free.length === 0 && this.#numbers >= this.#memory.capacity && !this.#hasGrown())
      this.#evict();
    const free = this.#free.pop();
    if (free !== undefined) return free;
    // Nobody can be given up: one batch wants more than there is room for.
    if (this.#numbers >= this.#memory.capacity)
      throw new SealstreamError('MEMORY_NOT_LOCKED', { subjects: this.#memory.capacity });
    const number = this.#numbers++;
    if (number >= this.#usedIn.length) {
      const more = new Float64Array(this.#usedIn.length * 2);
      more.set(this.#usedIn);
      this.#usedIn = more;
    }
    return number;
  }

  #hasGrown(): boolean {
    const hasGrown = this.#memory.grow();
    if (!hasGrown) this.#bound();
    return hasGrown;
  }

  /** What there is room for is the bound from here on; who has no room any more is given up. */
  #bound(): void {
    const { capacity } = this.#memory;
    if (capacity < this.#numbers) {
      for (let number = capacity; number < this.#numbers; number++)
        if (this.#ids[number] !== '') this.#forget(number);
      for (const { derived } of this.#layers) derived.fill(0, capacity);
      this.#numbers = capacity;
      this.#hand = 0;
      const free = this.#free.filter((number) => number < capacity);
      this.#free.splice(0, this.#free.length, ...free);
    }
    if (capacity >= this.#max) return;
    this.#max = capacity;
    this.#onFull(capacity);
  }

  /** Gives up those not used lately until the bound has room, once around at most. */
  #evict(): void {
    const before = this.#round - ROUNDS_KEPT + 1;
    for (let step = 0; step < this.#numbers; step++) {
      const number = this.#hand;
      this.#hand = (this.#hand + 1) % this.#numbers;
      if (this.#ids[number] === '' || this.#usedIn[number] >= before) continue;
      this.#drop(number);
      if (this.#numberOf.size < this.#max) return;
    }
  }

  #derive(layer: DerivedLayer, number: number): void {
    const stored = keyHandle(this.#stored.slot(number));
    deriveKey(stored, layer.use, layer.slots.slot(number));
    if (number >= layer.derived.length) {
      const more = new Uint8Array(Math.max(layer.derived.length * 2, number + 1));
      more.set(layer.derived);
      layer.derived = more;
    }
    layer.derived[number] = 1;
  }

  #layer(use: KeyUse): DerivedLayer {
    const layer = this.#layerOf.get(use) ?? this.#layerOfContent(use);
    this.#lastUse = use;
    this.#lastLayer = layer;
    return layer;
  }

  #layerOfContent(use: KeyUse): DerivedLayer {
    const content = JSON.stringify(use);
    let layer = this.#layers.find((one) => JSON.stringify(one.use) === content);
    if (layer === undefined) {
      // Precondition: a use of subject keys is of this dataset and of their one algorithm.
      const fits = use.purpose === 'subject' && use.algorithm === 'xchacha20-poly1305';
      if (!fits || use.dataset !== this.#dataset)
        throw new SealstreamError('INTERNAL', { keyset: `${use.purpose}/${use.dataset}` });
      const slots = this.#memory.row();
      if (this.#memory.isFull) this.#bound();
      layer = { use: { ...use }, slots, derived: new Uint8Array(FIRST_NUMBERS) };
      this.#layers.push(layer);
    }
    this.#layerOf.set(use, layer);
    return layer;
  }
}
