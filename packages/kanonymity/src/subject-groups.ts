/** How many groups each subject was in lately. */
export class SubjectGroups {
  readonly #most: number;
  readonly #within: number;
  readonly #counts = new Map<string, number>();
  /** Subjects by the time of their group; those before `#from` are forgotten. */
  #log: { readonly subject: string; readonly at: number }[] = [];
  #from = 0;

  /** @param within how long a group counts, in the unit of arrivals */
  constructor(most: number, within: number) {
    this.#most = most;
    this.#within = within;
  }

  isFull(subject: string): boolean {
    return (this.#counts.get(subject) ?? 0) >= this.#most;
  }

  /** Precondition: times do not go back. */
  add(subject: string, at: number): void {
    this.forget(at);
    this.#counts.set(subject, (this.#counts.get(subject) ?? 0) + 1);
    this.#log.push({ subject, at });
  }

  /** Forgets the groups of longer ago. */
  forget(now: number): void {
    for (; this.#from < this.#log.length; this.#from++) {
      const { subject, at } = this.#log[this.#from];
      if (at > now - this.#within) break;
      const count = (this.#counts.get(subject) ?? 0) - 1;
      if (count > 0) this.#counts.set(subject, count);
      else this.#counts.delete(subject);
    }
    if (this.#from * 2 <= this.#log.length) return;
    this.#log = this.#log.slice(this.#from);
    this.#from = 0;
  }
}
