import type { Axis } from './axis.ts';
import type { EntryBuffer } from './buffer.ts';
import { Marks } from './names.ts';
import { PairLosses } from './pair-losses.ts';
import { Thrift } from './thrift.ts';

/**
 * How much of its scarcity an entry is let off when it is chosen, if it came just now; twice that if
 * it must leave now. Zero is the plain nearest neighbour, which takes whom others need and leaves
 * those that nobody wants for later, when they are dear. The loss is flat around this value, on
 * census rows in any order and on synthetic ones: see docs/performance.md.
 */
const LET_OFF = 0.3;

/** The sum of a slot whose entry is gone: more than any loss, however much is added or let off. */
const GONE = 2 ** 30;

/** What a group must have, by the buffer's named columns; the first one is the subject. */
export type Least = readonly number[];

/** The slots of a group, or the named column for which no group was found. */
export type Found = { readonly slots: readonly number[] } | { readonly lacks: number };

/**
 * Finds a group for one entry. It grows by the candidate that costs the group least, less what the
 * candidate is let off for being hard to place and old. Every member is another subject's. All that
 * wait are candidates.
 *
 * Promises: a group that is found has at least `least` different numbers in every column, and every
 * member has a subject of its own. When it finds none for lack of subjects, there is none: a member
 * keeps out only entries of its own subject, so the group then has one of every subject that waits.
 */
export class GroupSearch {
  readonly #buffer: EntryBuffer;
  readonly #axes: readonly Axis[];
  readonly #pairs: PairLosses;
  readonly #least: Least;
  readonly #delay: number;
  readonly #marks: readonly Marks[];
  readonly #thrifts: readonly Thrift[];
  #sums = new Int32Array(0);

  constructor(buffer: EntryBuffer, axes: readonly Axis[], least: Least, delay: number) {
    this.#buffer = buffer;
    this.#axes = axes;
    this.#pairs = new PairLosses(axes);
    this.#least = least;
    this.#delay = delay;
    this.#marks = least.map(() => new Marks());
    this.#thrifts = least.flatMap((needs, index) =>
      index > 0 && needs > 1 ? [new Thrift(buffer.named[index], needs, least[0])] : [],
    );
  }

  /** A group with the entry in this slot. The axes know its values afterwards. */
  find(seed: number, now: number): Found {
    const { named } = this.#buffer;
    for (const [index, marks] of this.#marks.entries()) marks.start(named[index].names.limit);
    for (const thrift of this.#thrifts) thrift.start(this.#buffer.size);
    this.#startSums(seed, now);
    const slots = [seed];
    for (const [index, axis] of this.#axes.entries()) axis.start(this.#buffer.codes[index][seed]);
    this.#mark(seed);
    for (;;) {
      const wanted = this.#wanted();
      if (wanted === undefined) return { slots };
      this.#score();
      const next = this.#next(wanted);
      if (next < 0) return { lacks: wanted };
      slots.push(next);
      for (const [index, axis] of this.#axes.entries()) axis.add(this.#buffer.codes[index][next]);
      this.#mark(next);
    }
  }

  /** What pairs with the seed lose, less for the scarce and the old; beyond all for those gone. */
  #startSums(seed: number, now: number): void {
    const { codes, slots, waits, scarcity, arrivals } = this.#buffer;
    if (slots > this.#sums.length) this.#sums = new Int32Array(2 * slots);
    const sums = this.#sums;
    for (let slot = 0; slot < slots; slot++) {
      const age = Math.min(1, (now - arrivals[slot]) / this.#delay);
      const letOff = Math.round(LET_OFF * scarcity[slot] * (1 + age));
      sums[slot] = waits[slot] === 1 ? -letOff : GONE;
    }
    this.#pairs.add((axis) => codes[axis][seed], codes, 0, slots, sums);
  }

  #score(): void {
    const { codes, slots } = this.#buffer;
    for (let index = 0; index < this.#axes.length; index++)
      this.#axes[index].score(codes[index], slots, this.#sums);
  }

  #mark(slot: number): void {
    for (const [index, marks] of this.#marks.entries())
      marks.add(this.#buffer.named[index].codes[slot]);
    for (const thrift of this.#thrifts) thrift.take(slot);
  }

  /**
   * The column in which the next member must bring something new: one whose lack leaves no more room
   * for others, or the subject. Undefined when nothing is lacking.
   */
  #wanted(): number | undefined {
    const lacks = (index: number) => this.#least[index] - this.#marks[index].count;
    let wanted = 0;
    for (let index = 1; index < this.#least.length; index++)
      if (lacks(index) > 0 && lacks(index) >= lacks(wanted)) wanted = index;
    return lacks(wanted) > 0 ? wanted : undefined;
  }

  /** The best candidate, of those that others need less where there is one. */
  #next(wanted: number): number {
    const best = this.#best(wanted, this.#thrifts);
    return best < 0 && this.#thrifts.length > 0 ? this.#best(wanted, []) : best;
  }

  /** The cheapest candidate with a new subject that brings something new in that column, or -1. */
  #best(wanted: number, thrifts: readonly Thrift[]): number {
    const { named, slots } = this.#buffer;
    const subjects = named[0].codes;
    const column = named[wanted].codes;
    const taken = this.#marks[0];
    const had = this.#marks[wanted];
    const sums = this.#sums;
    let best = -1;
    let least = GONE / 2;
    for (let slot = 0; slot < slots; slot++) {
      if (sums[slot] >= least || taken.has(subjects[slot]) || had.has(column[slot])) continue;
      if (isSpared(thrifts, slot)) continue;
      least = sums[slot];
      best = slot;
    }
    return best;
  }
}

/** Not in the loop over the slots: a closure over the slot would be made anew for each of them. */
function isSpared(thrifts: readonly Thrift[], slot: number): boolean {
  return thrifts.some((thrift) => thrift.spares(slot));
}
