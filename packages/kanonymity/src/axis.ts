import type { Hierarchy } from './hierarchy.ts';
import type {
  CategoricalQuasiIdentifier,
  Generalised,
  NumericQuasiIdentifier,
  QuasiIdentifier,
  RawValue,
} from './quasi-identifier.ts';

/**
 * How many units the whole loss of one quasi-identifier has. Losses are compared as whole numbers,
 * so that sums are exact and do not depend on the order in which they were made.
 */
export const UNITS = 2 ** 20;

/** What the members of a group have in common in one quasi-identifier, over a column of codes. */
export interface Axis {
  /** The code of a value, or -1 when it is not one of this quasi-identifier's. */
  codeOf(value: RawValue): number;
  /** The group is one entry, and sums hold the losses of its pairs. */
  start(code: number): void;
  /** Takes one more in. */
  add(code: number): void;
  /** Loss of the group as it is, 0 to 1. */
  loss(): number;
  /** What the group shows, given what its members had. */
  shown(values: readonly RawValue[]): Generalised;
  /**
   * Brings the sums of a column up to date with the group: sums then differ from one another by how
   * much the group would lose with each code in it.
   */
  score(codes: Int32Array, count: number, sums: Int32Array): void;
  /** The losses of a pair of this code and each one; undefined when it is how far they are apart. */
  pairs(code: number): Int32Array | undefined;
}

export function axisOf(quasi: QuasiIdentifier): Axis {
  return quasi.kind === 'numeric' ? new NumericAxis(quasi) : new CategoricalAxis(quasi);
}

function beyond(code: number, low: number, high: number): number {
  if (code < low) return low - code;
  return code > high ? code - high : 0;
}

/** A number's code is its place in the domain, in UNITS. */
class NumericAxis implements Axis {
  readonly #quasi: NumericQuasiIdentifier;
  readonly #scale: number;
  #low = 0;
  #high = 0;
  /** The range that the sums know of. */
  #scoredLow = 0;
  #scoredHigh = 0;

  constructor(quasi: NumericQuasiIdentifier) {
    const { least, most, name } = quasi;
    if (!Number.isFinite(most - least) || least > most)
      throw new RangeError(`the domain of ${name} must go from a number to one not below it`);
    this.#quasi = quasi;
    this.#scale = most === least ? 0 : UNITS / (most - least);
  }

  codeOf(value: RawValue): number {
    const { least, most } = this.#quasi;
    if (typeof value !== 'number' || !(value >= least && value <= most)) return -1;
    return Math.round((value - least) * this.#scale);
  }

  start(code: number): void {
    this.#low = code;
    this.#high = code;
    this.#scoredLow = code;
    this.#scoredHigh = code;
  }

  add(code: number): void {
    if (code < this.#low) this.#low = code;
    if (code > this.#high) this.#high = code;
  }

  loss(): number {
    return (this.#high - this.#low) / UNITS;
  }

  /** The range is that of the values, since a code is rounded. */
  shown(values: readonly RawValue[]): Generalised {
    let least = Infinity;
    let most = -Infinity;
    for (const value of values) {
      least = Math.min(least, Number(value));
      most = Math.max(most, Number(value));
    }
    return { least, most };
  }

  score(codes: Int32Array, count: number, sums: Int32Array): void {
    const low = this.#low;
    const high = this.#high;
    const oldLow = this.#scoredLow;
    const oldHigh = this.#scoredHigh;
    if (low === oldLow && high === oldHigh) return;
    for (let at = 0; at < count; at++) {
      const code = codes[at];
      sums[at] += beyond(code, low, high) - beyond(code, oldLow, oldHigh);
    }
    this.#scoredLow = low;
    this.#scoredHigh = high;
  }

  pairs(): undefined {
    return undefined;
  }
}

/** Rows of losses are kept while all of them take at most this many numbers (16 MiB). */
const KEPT_LOSSES = 2 ** 22;

/** A text's code is its leaf. */
class CategoricalAxis implements Axis {
  readonly #hierarchy: Hierarchy;
  /** By node: the loss, in UNITS, of joining it with each leaf. */
  readonly #rows: (Int32Array | undefined)[];
  readonly #keepsRows: boolean;
  readonly #change: Int32Array;
  #node = 0;
  /** The node that the sums know of. */
  #scored = 0;

  constructor({ hierarchy }: CategoricalQuasiIdentifier) {
    this.#hierarchy = hierarchy;
    this.#rows = Array.from({ length: hierarchy.nodes }, () => undefined);
    this.#keepsRows = hierarchy.nodes * hierarchy.leaves <= KEPT_LOSSES;
    this.#change = new Int32Array(hierarchy.leaves);
  }

  codeOf(value: RawValue): number {
    return this.#hierarchy.leafOf(String(value)) ?? -1;
  }

  start(code: number): void {
    this.#node = code;
    this.#scored = code;
  }

  add(code: number): void {
    this.#node = this.#hierarchy.join(this.#node, code);
  }

  loss(): number {
    return this.#hierarchy.lossOf(this.#node);
  }

  shown(): Generalised {
    return this.#hierarchy.textOf(this.#node);
  }

  score(codes: Int32Array, count: number, sums: Int32Array): void {
    if (this.#node === this.#scored) return;
    const row = this.#row(this.#node);
    const old = this.#row(this.#scored);
    const change = this.#change;
    for (let leaf = 0; leaf < row.length; leaf++) change[leaf] = row[leaf] - old[leaf];
    for (let at = 0; at < count; at++) sums[at] += change[codes[at]];
    this.#scored = this.#node;
  }

  pairs(code: number): Int32Array {
    return this.#row(code);
  }

  #row(node: number): Int32Array {
    const kept = this.#rows[node];
    if (kept !== undefined) return kept;
    const row = new Int32Array(this.#hierarchy.leaves);
    this.#hierarchy.climb(node, (at, from, to) => {
      row.fill(Math.round(this.#hierarchy.lossOf(at) * UNITS), from, to);
    });
    if (this.#keepsRows) this.#rows[node] = row;
    return row;
  }
}
