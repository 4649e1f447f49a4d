import type { SuppressionReason } from './entry.ts';

/** In how many groups a subject may be, and how many subjects are counted. */
export interface SubjectLimit {
  readonly most: number;
  /** How long a group counts, in the unit of arrivals. */
  readonly within: number;
  /** With so many known, no entry of another one is taken: its groups could not be counted. */
  readonly maxSubjects: number;
}

/** What is to be kept of a subject, so that it is still known after a stop. */
export interface SubjectCount {
  readonly subject: Uint8Array;
  /** What its first count was given; opaque. */
  readonly label: string;
  /** When its groups were published, the latest one last; none: it is forgotten. */
  readonly at: readonly number[];
}

interface Known {
  readonly label: string;
  readonly at: readonly number[];
}

/** Forgetting takes its time: so late at most, as a share of `within`, and so many in one step. */
const LATE_SHARE = 1 / 64;
const FORGOTTEN_AT_ONCE = 10_000;

/** A subject as a map can have it. */
export const subjectKey = (subject: Uint8Array): string =>
  Buffer.from(subject.buffer, subject.byteOffset, subject.byteLength).toString('latin1');

/**
 * How many groups each subject was in lately.
 *
 * Promises: in any `within`, a subject is let into no more than `most` groups, also after a stop, when
 * what `takeChanged` told was kept and is given to `restore`. What is older does not count, and is told
 * as forgotten soon after.
 */
export class SubjectGroups {
  readonly #limit: SubjectLimit;
  readonly #newLabel: () => string;
  /** In the order of their latest groups. */
  readonly #known = new Map<string, Known>();
  /** By label. */
  #changed = new Map<string, SubjectCount>();
  #due = Infinity;
  #latest = 0;

  /**
   * @param newLabel gives each subject a name for whoever keeps its count
   * @throws RangeError when a limit makes no sense
   */
  constructor(limit: SubjectLimit, newLabel: () => string) {
    for (const name of ['most', 'maxSubjects'] as const)
      if (!Number.isSafeInteger(limit[name]) || limit[name] < 1)
        throw new RangeError(`${name} must be a whole number from 1 on`);
    if (!(limit.within > 0)) throw new RangeError('within must be a number above zero');
    this.#limit = limit;
    this.#newLabel = newLabel;
  }

  /** Subjects that are known. */
  get size(): number {
    return this.#known.size;
  }

  /** When the latest group was, in the unit of arrivals; 0 when none is known. */
  get latest(): number {
    return this.#latest;
  }

  /** When some are to be forgotten, in the unit of arrivals; undefined when none is known. */
  get due(): number | undefined {
    return this.#due === Infinity ? undefined : this.#due;
  }

  /** Why no entry of this subject may be in a group now. */
  refusal(subject: string, now: number): SuppressionReason | undefined {
    const known = this.#known.get(subject);
    if (known !== undefined)
      return this.#counting(known, now).length < this.#limit.most
        ? undefined
        : 'subject-in-too-many-groups';
    return this.#known.size < this.#limit.maxSubjects ? undefined : 'too-many-subjects';
  }

  /** A group of now with this subject. */
  add(subject: string, now: number): void {
    const known = this.#known.get(subject);
    const label = known?.label ?? this.#newLabel();
    const at = [...(known === undefined ? [] : this.#counting(known, now)), now];
    this.#put(subject, { label, at });
    this.#tell(subject, label, at);
  }

  /** Takes what was kept, in the order in which it was told; what is forgotten, too. */
  restore({ at, label, subject }: SubjectCount): void {
    const key = subjectKey(subject);
    const before = this.#known.get(key);
    if (at.length === 0) {
      if (before?.label === label) this.#known.delete(key);
      return;
    }
    // Two counts of one subject cannot be told from here; the later one holds.
    if (before !== undefined && before.label !== label) this.#tell(key, before.label, []);
    this.#put(key, { label, at });
  }

  /** Forgets what is too old, as far as it is due. */
  forget(now: number): void {
    if (now < this.#due || this.#changed.size >= FORGOTTEN_AT_ONCE) return;
    const { within } = this.#limit;
    for (const [subject, { at, label }] of this.#known) {
      const latest = at.at(-1) ?? -Infinity;
      const isOld = latest <= now - within;
      this.#due = isOld ? now : latest + within + Math.ceil(within * LATE_SHARE);
      if (!isOld || this.#changed.size >= FORGOTTEN_AT_ONCE) return;
      this.#drop(subject, label);
    }
    this.#due = Infinity;
  }

  /** Forgets each subject of which this is true; the bytes stand until the next call. */
  forgetThose(isMeant: (subject: Buffer) => boolean): void {
    for (const [key, { label }] of this.#known) {
      const subject = Buffer.from(key, 'latin1');
      if (isMeant(subject)) this.#drop(key, label);
    }
  }

  /** What changed since the last call, each subject once. */
  takeChanged(): readonly SubjectCount[] {
    const changed = [...this.#changed.values()];
    this.#changed = new Map();
    return changed;
  }

  #counting({ at }: Known, now: number): readonly number[] {
    return at.filter((time) => time > now - this.#limit.within);
  }

  #put(key: string, known: Known): void {
    this.#known.delete(key);
    this.#known.set(key, known);
    const { within } = this.#limit;
    const latest = known.at.at(-1) ?? -Infinity;
    this.#latest = Math.max(this.#latest, latest);
    this.#due = Math.min(this.#due, latest + within + Math.ceil(within * LATE_SHARE));
  }

  #drop(key: string, label: string): void {
    this.#known.delete(key);
    this.#tell(key, label, []);
  }

  #tell(key: string, label: string, at: readonly number[]): void {
    this.#changed.set(label, { subject: Buffer.from(key, 'latin1'), label, at });
  }
}
