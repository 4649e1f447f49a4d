import type { Axis } from './axis.ts';
import { Names } from './names.ts';
import { PairLosses } from './pair-losses.ts';

/**
 * How many of the latest arrivals an entry is compared with. More of them make a better estimate
 * and cost as much more time; from 1,000 on the loss hardly moves.
 */
const COMPARED = 2048;
/** Farther than any two entries are apart. */
const FAR = 2 ** 30;

/**
 * How hard an entry is to place: the mean distance to its nearest neighbours among the latest
 * arrivals of one delay, those that have left included. The buffer alone would be a skewed sample,
 * since what is easy to place leaves it first.
 *
 * Entries of the same subject are no neighbours, since they cannot be in a group together.
 */
export class Scarcity {
  readonly #pairs: PairLosses;
  readonly #delay: number;
  readonly #nearest: Int32Array;
  /** The window moves through twice its length and then starts anew at the front. */
  readonly #codes: readonly Int32Array[];
  readonly #arrivals = new Float64Array(2 * COMPARED);
  readonly #subjects = new Int32Array(2 * COMPARED);
  readonly #names = new Names();
  readonly #sums = new Int32Array(COMPARED);
  #from = 0;
  #to = 0;

  /** @param neighbours how many nearest ones count: the others that a group needs */
  constructor(axes: readonly Axis[], neighbours: number, delay: number) {
    this.#pairs = new PairLosses(axes);
    this.#delay = delay;
    this.#nearest = new Int32Array(Math.max(1, Math.min(neighbours, COMPARED)));
    this.#codes = axes.map(() => new Int32Array(2 * COMPARED));
  }

  /** The mean distance, in units summed over the axes; then the entry is one of the arrivals. */
  measure(codes: readonly number[], subject: string, arrival: number): number {
    while (this.#from < this.#to && this.#arrivals[this.#from] < arrival - this.#delay)
      this.#forgetFirst();
    const count = this.#to - this.#from;
    this.#sums.fill(0, 0, count);
    this.#pairs.add((axis) => codes[axis], this.#codes, this.#from, count, this.#sums);
    const number = this.#names.take(subject);
    const mean = this.#meanOfNearest(count, number);
    this.#append(codes, number, arrival);
    return mean;
  }

  #meanOfNearest(count: number, subject: number): number {
    const sums = this.#sums;
    const nearest = this.#nearest.fill(FAR);
    const last = nearest.length - 1;
    let farthest = FAR;
    for (let at = 0; at < count; at++) {
      const sum = sums[at];
      if (sum >= farthest || this.#subjects[this.#from + at] === subject) continue;
      let place = last;
      for (; place > 0 && nearest[place - 1] > sum; place--) nearest[place] = nearest[place - 1];
      nearest[place] = sum;
      farthest = nearest[last];
    }
    let found = 0;
    let total = 0;
    for (; found < nearest.length && nearest[found] < FAR; found++) total += nearest[found];
    return found === 0 ? 0 : total / found;
  }

  #forgetFirst(): void {
    this.#names.giveBack(this.#subjects[this.#from]);
    this.#from++;
  }

  #append(codes: readonly number[], subject: number, arrival: number): void {
    if (this.#to - this.#from === COMPARED) this.#forgetFirst();
    if (this.#to === 2 * COMPARED) {
      for (const column of this.#codes) column.copyWithin(0, this.#from, this.#to);
      this.#arrivals.copyWithin(0, this.#from, this.#to);
      this.#subjects.copyWithin(0, this.#from, this.#to);
      this.#to -= this.#from;
      this.#from = 0;
    }
    for (const [index, column] of this.#codes.entries()) column[this.#to] = codes[index];
    this.#arrivals[this.#to] = arrival;
    this.#subjects[this.#to] = subject;
    this.#to++;
  }
}
