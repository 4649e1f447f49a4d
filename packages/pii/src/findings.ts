import { PII_CLASS_NAMES, type PiiClass } from './classes.ts';

/** One finding, as an object. */
export interface Finding {
  readonly class: PiiClass;
  /** Bytes of the text that was scanned, end exclusive. */
  readonly from: number;
  readonly to: number;
  /** 1 to 100: how sure it is. */
  readonly score: number;
}

/** Candidates that are held back until no better one can come; see `settle`. */
const HELD = 128;

/**
 * What a scan found, in columns that the next scan uses again. Sorted and disjoint: of candidates
 * that overlap, the one with the higher score stays, then the longer, then the earlier; it grows over
 * the other where that is a form with a check.
 */
export class Findings {
  length = 0;
  /** Where the last candidate ends that is so sure that nothing in it needs another look. */
  sureTo = 0;
  #classes = new Uint8Array(64);
  #from = new Int32Array(64);
  #to = new Int32Array(64);
  #scores = new Uint8Array(64);

  #held = 0;
  readonly #heldClass = new Uint8Array(HELD);
  readonly #heldFrom = new Int32Array(HELD);
  readonly #heldTo = new Int32Array(HELD);
  readonly #heldScore = new Uint8Array(HELD);
  readonly #order = new Uint8Array(HELD);
  readonly #kept = new Uint8Array(HELD);
  /** Nothing before it can be added any more. */
  #settledTo = 0;

  classAt(index: number): PiiClass {
    return PII_CLASS_NAMES[this.#classes[index]];
  }

  fromAt(index: number): number {
    return this.#from[index];
  }

  toAt(index: number): number {
    return this.#to[index];
  }

  scoreAt(index: number): number {
    return this.#scores[index];
  }

  /** The same as objects, for where speed is no matter. */
  objects(): Finding[] {
    return Array.from({ length: this.length }, (_, index) => ({
      class: this.classAt(index),
      from: this.#from[index],
      to: this.#to[index],
      score: this.#scores[index],
    }));
  }

  /** Forgets everything. */
  reset(from: number): void {
    this.length = 0;
    this.#held = 0;
    this.#settledTo = from;
    this.sureTo = from;
  }

  /**
   * Adds a candidate. Candidates come about in the order of the text: what begins further than
   * `LOOK_BACK_BYTES` before a later one may have been decided already, where they stand very dense.
   * Then a candidate that begins before what is decided is left out.
   */
  add(classNumber: number, from: number, to: number, score: number): void {
    if (from < this.#settledTo) return;
    if (score >= SURE_SCORE && to > this.sureTo) this.sureTo = to;
    if (this.#held === HELD) this.#makeRoom(from);
    if (this.#held === HELD) return;
    const n = this.#held++;
    this.#heldClass[n] = classNumber;
    this.#heldFrom[n] = from;
    this.#heldTo[n] = to;
    this.#heldScore[n] = score;
  }

  /** Every candidate has come: decides all. */
  finish(): void {
    this.#settle(Number.POSITIVE_INFINITY);
  }

  /** Decides what lies far enough behind; if that makes no room, all that ends before `from`. */
  #makeRoom(from: number): void {
    this.#settle(from - LOOK_BACK_BYTES);
    if (this.#held > HELD / 2) this.#settle(from);
  }

  #settle(horizon: number): void {
    const held = this.#held;
    if (held === 0) return;
    if (held > 1) this.#rank();
    else this.#order[0] = 0;
    let kept = 0;
    for (let n = 0; n < held; n++) if (this.#isFree(this.#order[n], kept)) this.#keep(n, kept++);
    this.#sortKept(kept);
    if (kept < held) this.#takeIn(held, kept);
    this.#held = 0;
    let staying = 0;
    for (let n = 0; n < kept; n++) {
      const index = this.#kept[n];
      if (this.#heldTo[index] <= horizon) this.#publish(index);
      else this.#order[staying++] = index;
    }
    // By their place among the held ones, so that none is written over before it is copied.
    if (staying > 1) this.#order.subarray(0, staying).sort();
    for (let n = 0; n < staying; n++) this.#hold(this.#order[n]);
  }

  /** Orders by score, then length, then place. Few are held, mostly; insertion is quickest. */
  #rank(): void {
    const order = this.#order;
    for (let n = 0; n < this.#held; n++) {
      let at = n;
      for (; at > 0 && this.#isBetter(n, order[at - 1]); at--) order[at] = order[at - 1];
      order[at] = n;
    }
  }

  #isBetter(one: number, other: number): boolean {
    const score = this.#heldScore[one] - this.#heldScore[other];
    if (score !== 0) return score > 0;
    const lengthOne = this.#heldTo[one] - this.#heldFrom[one];
    const lengthOther = this.#heldTo[other] - this.#heldFrom[other];
    if (lengthOne !== lengthOther) return lengthOne > lengthOther;
    return this.#heldFrom[one] < this.#heldFrom[other];
  }

  #isFree(index: number, kept: number): boolean {
    for (let n = 0; n < kept; n++) {
      const other = this.#kept[n];
      const apart =
        this.#heldTo[index] <= this.#heldFrom[other] ||
        this.#heldTo[other] <= this.#heldFrom[index];
      if (!apart) return false;
    }
    return true;
  }

  /**
   * A form with a check is what it is, also where something wins over a part of it: the winner takes in
   * the rest, so that a scrub leaves none of its digits.
   */
  #takeIn(held: number, kept: number): void {
    for (let loser = 0; loser < held; loser++) {
      if (this.#heldScore[loser] < SURE_SCORE) continue;
      for (let n = 0; n < kept; n++) {
        const winner = this.#kept[n];
        const from = this.#heldFrom[winner];
        const to = this.#heldTo[winner];
        if (this.#heldFrom[loser] >= to || from >= this.#heldTo[loser]) continue;
        const least = n === 0 ? 0 : this.#heldTo[this.#kept[n - 1]];
        const most = n + 1 < kept ? this.#heldFrom[this.#kept[n + 1]] : Number.POSITIVE_INFINITY;
        this.#heldFrom[winner] = Math.max(least, Math.min(from, this.#heldFrom[loser]));
        this.#heldTo[winner] = Math.min(most, Math.max(to, this.#heldTo[loser]));
      }
    }
  }

  #keep(rank: number, at: number): void {
    this.#kept[at] = this.#order[rank];
  }

  #sortKept(count: number): void {
    const kept = this.#kept;
    for (let n = 1; n < count; n++) {
      const index = kept[n];
      let at = n;
      for (; at > 0 && this.#heldFrom[kept[at - 1]] > this.#heldFrom[index]; at--)
        kept[at] = kept[at - 1];
      kept[at] = index;
    }
  }

  #publish(index: number): void {
    if (this.length === this.#from.length) this.#grow();
    const n = this.length++;
    this.#classes[n] = this.#heldClass[index];
    this.#from[n] = this.#heldFrom[index];
    this.#to[n] = this.#heldTo[index];
    this.#scores[n] = this.#heldScore[index];
    this.#settledTo = this.#to[n];
  }

  #hold(index: number): void {
    const n = this.#held++;
    this.#heldClass[n] = this.#heldClass[index];
    this.#heldFrom[n] = this.#heldFrom[index];
    this.#heldTo[n] = this.#heldTo[index];
    this.#heldScore[n] = this.#heldScore[index];
  }

  #grow(): void {
    const wider = <T extends Uint8Array | Int32Array>(old: T, made: T): T => {
      made.set(old);
      return made;
    };
    const size = this.length * 2;
    this.#classes = wider(this.#classes, new Uint8Array(size));
    this.#from = wider(this.#from, new Int32Array(size));
    this.#to = wider(this.#to, new Int32Array(size));
    this.#scores = wider(this.#scores, new Uint8Array(size));
  }
}

/** Forms with a check, and dates: not telephone numbers, which may reach into what follows. */
const SURE_SCORE = 87;

/** How far behind nothing new is waited for: more than the local part of an e-mail address. */
const LOOK_BACK_BYTES = 80;
