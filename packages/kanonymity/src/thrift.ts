import type { NamedColumn } from './buffer.ts';

/**
 * Keeps one column's rarer values for groups to come. A later group needs `least` different values,
 * so at least `least` - 1 entries that do not have the commonest one; a group that takes more of
 * these than are to spare makes others fail. What may be taken is what is over when each `k` of the
 * rest has its share.
 */
export class Thrift {
  readonly #column: NamedColumn;
  readonly #least: number;
  readonly #k: number;
  #commonest = -1;
  #left = 0;

  constructor(column: NamedColumn, least: number, k: number) {
    this.#column = column;
    this.#least = least;
    this.#k = k;
  }

  /** @param waiting how many entries wait */
  start(waiting: number): void {
    const { names } = this.#column;
    this.#commonest = names.commonest;
    const rarer = waiting - names.usesOf(this.#commonest);
    const needs = this.#least - 1;
    const share = Math.ceil((needs * Math.max(0, waiting - this.#k)) / this.#k);
    this.#left = Math.max(needs, rarer - share);
  }

  take(slot: number): void {
    if (this.#column.codes[slot] !== this.#commonest) this.#left--;
  }

  /** Whether this entry is better left to others. */
  spares(slot: number): boolean {
    return this.#left <= 0 && this.#column.codes[slot] !== this.#commonest;
  }
}
