/**
 * The checker of what was published. It shares nothing with what publishes, sees only what a reader
 * of the output sees and sealed subject ids, and believes neither groups nor counts of the other.
 */

/** One published row, in the order of the output. */
export interface PublishedRow {
  /** What it shows of the quasi-identifiers, as texts. */
  readonly values: readonly string[];
  readonly sensitive: readonly string[];
  /** Sealed; equal for equal subjects, and nothing else is known of it. */
  readonly subject: string;
}

/** Rows of one class that are not as promised. */
export interface Fault {
  readonly what: 'too-few-subjects' | 'too-few-values';
  /** Rows of the class, from 0 over the whole output. */
  readonly rows: readonly number[];
  /** Different subjects, or different values in the sensitive place with the fewest. */
  readonly has: number;
  readonly needs: number;
}

interface Class {
  readonly rows: number[];
  readonly subjects: Set<string>;
  readonly sensitive: readonly Set<string>[];
}

/**
 * Proves of every committed prefix of an output that each class of rows with equal values which were
 * published together (between two commits) has k different subjects and l different values in
 * each sensitive place. A class is judged when its commit comes, and a prefix is as good as all
 * commits in it, so one pass is the proof for all prefixes. Rows of other commits do not help a
 * class: a reader who saw them arrive tells them apart.
 */
export class OutputChecker {
  readonly #k: number;
  readonly #l: number;
  readonly #faults: Fault[] = [];
  #classes = new Map<string, Class>();
  #rows = 0;
  #committed = 0;

  constructor(k: number, l = 1) {
    this.#k = k;
    this.#l = l;
  }

  row({ sensitive, subject, values }: PublishedRow): void {
    const name = JSON.stringify(values);
    let found = this.#classes.get(name);
    if (found === undefined) {
      found = { rows: [], subjects: new Set(), sensitive: sensitive.map(() => new Set()) };
      this.#classes.set(name, found);
    }
    found.rows.push(this.#rows++);
    found.subjects.add(subject);
    for (const [index, value] of sensitive.entries()) found.sensitive[index]?.add(value);
  }

  /** All rows so far are visible to readers from here on. */
  commit(): void {
    for (const { rows, sensitive, subjects } of this.#classes.values()) {
      if (subjects.size < this.#k)
        this.#faults.push({ what: 'too-few-subjects', rows, has: subjects.size, needs: this.#k });
      const values = Math.min(...sensitive.map(({ size }) => size));
      if (values < this.#l)
        this.#faults.push({ what: 'too-few-values', rows, has: values, needs: this.#l });
    }
    this.#committed = this.#rows;
    this.#classes = new Map();
  }

  /** Everything found so far; rows without a commit are not judged. */
  get result(): { readonly committed: number; readonly faults: readonly Fault[] } {
    return { committed: this.#committed, faults: [...this.#faults] };
  }
}
