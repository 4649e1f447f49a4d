import type { SubjectCount, SubjectGroups } from '@sealstream/kanonymity';
import { keyOfLabel, labelOf } from './subject-count-codec.ts';

/**
 * Takes counts of subjects back as they are read from the state topic, in its order. Each is opened at
 * once, since there may be too many to be held sealed as well.
 */
export class RestoredCounts {
  readonly #subjects: SubjectGroups | undefined;
  readonly #open: (key: Buffer, value: Buffer) => SubjectCount;
  /** By label the subject, since what takes a count away has its label alone. */
  readonly #standing = new Map<string, string>();

  /** @param subjects undefined when counts are not asked for any more */
  constructor(
    subjects: SubjectGroups | undefined,
    open: (key: Buffer, value: Buffer) => SubjectCount,
  ) {
    this.#subjects = subjects;
    this.#open = open;
  }

  /** Keys of counts that nobody asks for. */
  get needless(): Buffer[] {
    return this.#subjects === undefined ? [...this.#standing.keys()].map(keyOfLabel) : [];
  }

  take(key: Buffer, value: Buffer | null): void {
    const label = labelOf(key);
    if (value === null) {
      const subject = Buffer.from(this.#standing.get(label) ?? '', 'latin1');
      this.#standing.delete(label);
      this.#subjects?.restore({ subject, label, at: [] });
    } else if (this.#subjects === undefined) {
      this.#standing.set(label, '');
    } else {
      const count = this.#open(key, value);
      this.#subjects.restore(count);
      this.#standing.set(label, Buffer.from(count.subject).toString('latin1'));
    }
  }
}
