import type { NamedColumn } from './buffer.ts';

/**
 * Keeps one column's rarer values for groups to come. A group with `least` different values has at
 * least `least` - j members that have none of any j values. So for each j, what waits and has none of
 * the j commonest values must be enough for all later groups; a group that takes more than is over
 * makes others fail, which would not have to.
 */
export class Thrift {
  readonly #column: NamedColumn;
  readonly #least: number;
  readonly #k: number;
  /** By number: how many values are commoner, up to `least` - 1. */
  #ranks = new Uint32Array(0);
  /** By j: how many with none of the j commonest values the group may still take. */
  readonly #left: Float64Array;

  constructor(column: NamedColumn, least: number, k: number) {
    this.#column = column;
    this.#least = least;
    this.#k = k;
    this.#left = new Float64Array(least);
  }

  /** @param waiting how many entries wait */
  start(waiting: number): void {
    const { names } = this.#column;
    if (this.#ranks.length < names.limit) this.#ranks = new Uint32Array(2 * names.limit);
    this.#ranks.fill(this.#least - 1);
    const later = Math.max(0, waiting - this.#k) / this.#k;
    let rest = waiting;
    this.#left.fill(Infinity);
    for (const [rank, number] of names.commonest(this.#least - 1).entries()) {
      this.#ranks[number] = rank;
      rest -= names.usesOf(number);
      const needs = this.#least - rank - 1;
      this.#left[rank + 1] = Math.max(needs, rest - Math.ceil(needs * later));
    }
  }

  take(slot: number): void {
    const rank = this.#ranks[this.#column.codes[slot]];
    for (let j = 1; j <= rank; j++) this.#left[j]--;
  }

  /** Whether this entry is better left to others. */
  spares(slot: number): boolean {
    const rank = this.#ranks[this.#column.codes[slot]];
    for (let j = 1; j <= rank; j++) if (this.#left[j] <= 0) return true;
    return false;
  }
}
