import type { Axis } from './axis.ts';

/** Stands for a column that is not there, and for its losses. */
const NOTHING = new Int32Array(1);

/**
 * Adds to sum i what a group of one entry and the one at `from` + i of the columns loses, in units.
 * Four columns in one pass: reading and writing the sums is most of the work.
 */
export class PairLosses {
  readonly #axes: readonly Axis[];
  /** Where a column ends, zeros; as long as the longest column that was seen. */
  #zeros = new Int32Array(0);

  constructor(axes: readonly Axis[]) {
    this.#axes = axes;
  }

  add(
    codeOf: (axis: number) => number,
    columns: readonly Int32Array[],
    from: number,
    count: number,
    sums: Int32Array,
  ): void {
    const rows: Int32Array[] = [];
    const coded: Int32Array[] = [];
    for (let index = 0; index < this.#axes.length; index++) {
      const code = codeOf(index);
      const row = this.#axes[index].pairs(code);
      if (row === undefined) apart(code, columns[index], from, count, sums);
      else {
        rows.push(row);
        coded.push(columns[index]);
      }
    }
    if (this.#zeros.length < from + count) this.#zeros = new Int32Array(2 * (from + count));
    while (rows.length % 4 > 0) {
      rows.push(NOTHING);
      coded.push(this.#zeros);
    }
    for (let at = 0; at < rows.length; at += 4) four(rows, coded, at, from, count, sums);
  }
}

function apart(code: number, codes: Int32Array, from: number, count: number, sums: Int32Array) {
  for (let at = 0; at < count; at++) sums[at] += Math.abs(codes[from + at] - code);
}

function four(
  rows: readonly Int32Array[],
  columns: readonly Int32Array[],
  first: number,
  from: number,
  count: number,
  sums: Int32Array,
): void {
  const row0 = rows[first];
  const row1 = rows[first + 1];
  const row2 = rows[first + 2];
  const row3 = rows[first + 3];
  const column0 = columns[first];
  const column1 = columns[first + 1];
  const column2 = columns[first + 2];
  const column3 = columns[first + 3];
  for (let at = 0; at < count; at++) {
    const place = from + at;
    sums[at] +=
      row0[column0[place]] + row1[column1[place]] + row2[column2[place]] + row3[column3[place]];
  }
}
