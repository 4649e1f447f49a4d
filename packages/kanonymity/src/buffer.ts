import type { Entry } from './entry.ts';
import { Names } from './names.ts';

/** Gone entries are swept out when they are a fifth of the columns. */
const SWEEP_SHARE = 5;

/** Numbers that a group must have several different ones of. */
export interface NamedColumn {
  readonly names: Names;
  codes: Int32Array;
}

/**
 * The waiting entries by arrival, as columns of numbers. A slot is a place in them; slots move when
 * gone entries are swept out, which happens in `sweep` only.
 */
export class EntryBuffer {
  /** By quasi-identifier. */
  readonly codes: Int32Array[];
  /** Subject, the sensitive values, and the producer when it counts. */
  readonly named: readonly NamedColumn[];
  /** How hard it is to place. */
  scarcity = new Float64Array(0);
  arrivals = new Float64Array(0);
  /** 1 while it waits. */
  waits = new Uint8Array(0);
  readonly #entries: (Entry | undefined)[] = [];
  readonly #ids = new Set<string>();
  #oldest = 0;

  constructor(quasiCount: number, namedCount: number) {
    this.codes = Array.from({ length: quasiCount }, () => new Int32Array(0));
    this.named = Array.from({ length: namedCount }, () => ({
      names: new Names(),
      codes: new Int32Array(0),
    }));
  }

  /** How many wait. */
  get size(): number {
    return this.#ids.size;
  }

  /** Slots in use, those of gone entries included. */
  get slots(): number {
    return this.#entries.length;
  }

  /** The slot of the oldest. Precondition: one waits. */
  get oldest(): number {
    while (this.waits[this.#oldest] === 0) this.#oldest++;
    return this.#oldest;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  entryAt(slot: number): Entry {
    const entry = this.#entries[slot];
    if (entry === undefined) throw new RangeError('no entry waits there');
    return entry;
  }

  add(entry: Entry, codes: readonly number[], named: readonly string[], scarcity: number): void {
    const slot = this.#entries.length;
    if (slot === this.waits.length) this.#grow();
    for (const [index, column] of this.codes.entries()) column[slot] = codes[index];
    for (const [index, column] of this.named.entries())
      column.codes[slot] = column.names.take(named[index]);
    this.scarcity[slot] = scarcity;
    this.arrivals[slot] = entry.arrival;
    this.waits[slot] = 1;
    this.#entries.push(entry);
    this.#ids.add(entry.id);
  }

  /** Takes one out; its slot stays until the next sweep. */
  remove(slot: number): void {
    this.#ids.delete(this.entryAt(slot).id);
    this.#entries[slot] = undefined;
    this.waits[slot] = 0;
    for (const { names, codes } of this.named) names.giveBack(codes[slot]);
  }

  /** Moves the waiting ones together when too many slots are empty. */
  sweep(): void {
    const { slots } = this;
    if ((slots - this.size) * SWEEP_SHARE < slots) return;
    let to = 0;
    for (let from = 0; from < slots; from++) {
      if (this.waits[from] === 0) continue;
      this.#entries[to] = this.#entries[from];
      for (const column of this.#columns()) column[to] = column[from];
      to++;
    }
    this.#entries.length = to;
    this.#oldest = 0;
  }

  #columns(): (Int32Array | Float64Array | Uint8Array)[] {
    const named = this.named.map(({ codes }) => codes);
    return [...this.codes, ...named, this.scarcity, this.arrivals, this.waits];
  }

  #grow(): void {
    const length = Math.max(64, 2 * this.waits.length);
    const grown = <A extends { set(from: A): void }>(column: A, wider: A): A => {
      wider.set(column);
      return wider;
    };
    for (const [index, column] of this.codes.entries())
      this.codes[index] = grown(column, new Int32Array(length));
    for (const column of this.named) column.codes = grown(column.codes, new Int32Array(length));
    this.scarcity = grown(this.scarcity, new Float64Array(length));
    this.arrivals = grown(this.arrivals, new Float64Array(length));
    this.waits = grown(this.waits, new Uint8Array(length));
  }
}
