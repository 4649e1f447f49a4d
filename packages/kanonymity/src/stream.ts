import { type Axis, axisOf } from './axis.ts';
import { EntryBuffer } from './buffer.ts';
import type { Entry, Group, Refusal, Step, Suppressed, SuppressionReason } from './entry.ts';
import { GroupSearch } from './group-search.ts';
import { Scarcity } from './scarcity.ts';
import { checkOptions, type StreamOptions } from './stream-options.ts';
import { type SubjectGroups, subjectKey } from './subject-groups.ts';

/** What became of all entries so far. */
export interface Totals {
  readonly published: number;
  readonly groups: number;
  /** Groups and suppressions that came before their time, because the buffer was full. */
  readonly early: number;
  readonly suppressed: Readonly<Record<SuppressionReason, number>>;
  /** Mean loss of all that left, suppressed ones at 1; 0 before any left. */
  readonly loss: number;
}

/**
 * k-anonymity with l-diversity on a stream. Entries wait; when the oldest one is due, a group with
 * it is published, or it is suppressed.
 *
 * Promises: an entry that was taken leaves exactly once, in the answer of one `release` or `drain`,
 * and by `release(arrival + delay)` at the latest; a group has k different subjects, l different
 * values in each sensitive place and as many producers as were asked for; what it shows covers every
 * member; no group is used again; what happens follows from the calls and the random source alone.
 *
 * To restore it after a stop, make a new one and add the entries that had not left, with their old
 * arrivals, in that order; the groups of subjects, where they are limited, are restored before.
 */
export class AnonymousStream {
  readonly #options: StreamOptions;
  readonly #axes: readonly Axis[];
  readonly #buffer: EntryBuffer;
  readonly #search: GroupSearch;
  readonly #scarcity: Scarcity;
  readonly #subjects: SubjectGroups | undefined;
  /** For each named column the reason when no group was found because of it. */
  readonly #reasons: readonly SuppressionReason[];
  #groups: Group[] = [];
  #suppressed: Suppressed[] = [];
  /** Ids that left and were not told yet. */
  #leaving = new Set<string>();
  #now = -Infinity;
  #published = 0;
  #groupCount = 0;
  #early = 0;
  #lossSum = 0;
  readonly #suppressedTotals: Record<SuppressionReason, number> = {
    'too-few-subjects': 0,
    'too-few-values': 0,
    'too-few-producers': 0,
    'subject-in-too-many-groups': 0,
    'too-many-subjects': 0,
  };

  /** @throws RangeError when an option makes no sense */
  constructor(options: StreamOptions) {
    checkOptions(options);
    this.#options = options;
    const { k, l = 1, sensitiveCount = 0, producers, delay } = options;
    const sensitive = Array.from({ length: sensitiveCount }, () => l);
    const least = [k, ...sensitive, ...(producers === undefined ? [] : [producers])];
    this.#reasons = [
      'too-few-subjects',
      ...sensitive.map(() => 'too-few-values' as const),
      'too-few-producers',
    ];
    this.#axes = options.quasiIdentifiers.map(axisOf);
    this.#buffer = new EntryBuffer(this.#axes.length, least.length);
    this.#search = new GroupSearch(this.#buffer, this.#axes, least, delay);
    this.#scarcity = new Scarcity(this.#axes, k - 1, delay);
    this.#subjects = options.subjects;
  }

  /** How many entries wait. */
  get size(): number {
    return this.#buffer.size;
  }

  /** When the oldest entry is due, in the unit of arrivals; undefined when none waits. */
  get due(): number | undefined {
    if (this.#buffer.size === 0) return undefined;
    return this.#buffer.arrivals[this.#buffer.oldest] + this.#options.delay;
  }

  get totals(): Totals {
    const left =
      this.#published + Object.values(this.#suppressedTotals).reduce((sum, more) => sum + more, 0);
    return {
      published: this.#published,
      groups: this.#groupCount,
      early: this.#early,
      suppressed: { ...this.#suppressedTotals },
      loss: left === 0 ? 0 : this.#lossSum / left,
    };
  }

  /**
   * Takes an entry, or says why not. Others may leave for it when the buffer is full; the next
   * `release` or `drain` tells.
   *
   * @throws RangeError when its arrival is before one that was seen
   */
  add(entry: Entry): Refusal | undefined {
    const codes = entry.values.map((value, index) => this.#axes[index]?.codeOf(value) ?? -1);
    const refusal = this.#refusalOf(entry, codes);
    if (refusal !== undefined) return refusal;
    this.#moveTo(entry.arrival);
    const subject = subjectKey(entry.subject);
    const tooOften = this.#subjects?.refusal(subject, entry.arrival);
    if (tooOften !== undefined) {
      this.#suppress(entry.id, tooOften);
      return undefined;
    }
    while (this.#buffer.size >= this.#options.maxEntries) this.#releaseOldest(true);
    const producer = this.#options.producers === undefined ? [] : [entry.producer ?? ''];
    const named = [subject, ...entry.sensitive, ...producer];
    const scarcity = this.#scarcity.measure(codes, subject, entry.arrival);
    this.#buffer.add(entry, codes, named, scarcity);
    return undefined;
  }

  /**
   * Lets all leave that is due at this time.
   *
   * @throws RangeError when the time goes back
   */
  release(now: number): Step {
    this.#moveTo(now);
    for (let due = this.due; due !== undefined && due <= now; due = this.due)
      this.#releaseOldest(false);
    return this.#takeStep();
  }

  /** Lets all leave, at the end of a stream. */
  drain(): Step {
    while (this.#buffer.size > 0) this.#releaseOldest(false);
    return this.#takeStep();
  }

  #refusalOf(entry: Entry, codes: readonly number[]): Refusal | undefined {
    const { producers, sensitiveCount = 0 } = this.#options;
    if (this.#buffer.has(entry.id) || this.#leaving.has(entry.id)) return { why: 'known-id' };
    if (codes.length !== this.#axes.length) return { why: 'wrong-count', of: 'values' };
    if (entry.sensitive.length !== sensitiveCount) return { why: 'wrong-count', of: 'sensitive' };
    const place = codes.indexOf(-1);
    if (place >= 0) return { why: 'unknown-value', place };
    if (producers !== undefined && entry.producer === undefined) return { why: 'no-producer' };
    return undefined;
  }

  #moveTo(now: number): void {
    if (!(now >= this.#now)) throw new RangeError('time must not go back');
    this.#now = now;
    this.#subjects?.forget(now);
  }

  #releaseOldest(early: boolean): void {
    const seed = this.#buffer.oldest;
    const found = this.#search.find(seed, this.#now);
    if (early) this.#early++;
    if ('slots' in found) this.#publish(found.slots, early);
    else {
      const { id } = this.#buffer.entryAt(seed);
      this.#buffer.remove(seed);
      this.#suppress(id, this.#reasons[found.lacks]);
    }
    this.#buffer.sweep();
  }

  #publish(slots: readonly number[], early: boolean): void {
    const entries = slots.map((slot) => this.#buffer.entryAt(slot));
    const loss = this.#axes.reduce((sum, axis) => sum + axis.loss(), 0) / this.#axes.length;
    const values = this.#axes.map((axis, index) =>
      axis.shown(entries.map((entry) => entry.values[index])),
    );
    for (const slot of slots) this.#buffer.remove(slot);
    for (const { id } of entries) this.#leaving.add(id);
    const members = this.#shuffled(entries.map(({ id, sensitive }) => ({ id, sensitive })));
    this.#groups.push({ values, members, loss, early });
    this.#published += entries.length;
    this.#groupCount++;
    this.#lossSum += loss * entries.length;
    this.#countSubjects(entries);
  }

  /** Subjects that are now in as many groups as they may be have no entry waiting any more. */
  #countSubjects(entries: readonly Entry[]): void {
    const subjects = this.#subjects;
    if (subjects === undefined) return;
    const keys = entries.map(({ subject }) => subjectKey(subject));
    for (const key of keys) subjects.add(key, this.#now);
    const full = new Set(keys.filter((key) => subjects.refusal(key, this.#now) !== undefined));
    if (full.size === 0) return;
    const { names, codes } = this.#buffer.named[0];
    for (let slot = 0; slot < this.#buffer.slots; slot++) {
      if (this.#buffer.waits[slot] === 0 || !full.has(names.textOf(codes[slot]))) continue;
      const { id } = this.#buffer.entryAt(slot);
      this.#buffer.remove(slot);
      this.#suppress(id, 'subject-in-too-many-groups');
    }
  }

  #suppress(id: string, reason: SuppressionReason): void {
    this.#leaving.add(id);
    this.#suppressed.push({ id, reason });
    this.#suppressedTotals[reason]++;
    this.#lossSum++;
  }

  /** Fisher and Yates. */
  #shuffled<T>(items: T[]): T[] {
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.#options.random(last + 1);
      [items[last], items[other]] = [items[other], items[last]];
    }
    return items;
  }

  #takeStep(): Step {
    const step = { groups: this.#groups, suppressed: this.#suppressed };
    this.#groups = [];
    this.#suppressed = [];
    this.#leaving = new Set();
    return step;
  }
}
