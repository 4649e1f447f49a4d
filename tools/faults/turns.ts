/** One piece of work at a time for each name; what comes meanwhile waits. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name) ?? Promise.resolve();
    const next = before.catch(() => undefined).then(work);
    this.#last.set(name, next);
    return next;
  }
}
