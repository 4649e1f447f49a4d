import {
  type ActiveKey,
  ForwardedKeys,
  type KeyHandle,
  type KeySource,
  type KeyUse,
} from '@sealstream/crypto';

/**
 * Passes on what a key source gives, and notes the ids of the keys asked for. Keys of single subjects
 * are not noted: they would tell whom a batch was about.
 */
class NotedKeys extends ForwardedKeys {
  readonly #ids: Set<string>;
  /** Mostly one key is asked for again and again. */
  #latest: string | undefined;

  constructor(source: KeySource, ids: Set<string>) {
    super(source);
    this.#ids = ids;
  }

  override active(use: KeyUse): ActiveKey {
    const active = this.source.active(use);
    if (active.id !== this.#latest) this.#note(active.id);
    return active;
  }

  override byId(use: KeyUse, id: string): KeyHandle {
    const key = this.source.byId(use, id);
    if (id !== this.#latest) this.#note(id);
    return key;
  }

  /** From here on every id is noted again. */
  begin(): void {
    this.#latest = undefined;
  }

  #note(id: string): void {
    this.#ids.add(id);
    this.#latest = id;
  }
}

/**
 * Counts what plans did in one batch: how often each `path transform` was applied, and which keys
 * were used. Only records that passed are counted; a key counts as soon as it was asked for. Paths
 * are the policy's patterns, so that nothing a record brought can stand here.
 */
export class Tally {
  readonly #counts = new Map<readonly (string | undefined)[], Float64Array>();
  readonly #keyIds = new Set<string>();
  #noted: NotedKeys | undefined;

  /** Counters of one plan, by slot; the plan's list of labels is its identity. */
  counters(labels: readonly (string | undefined)[]): Float64Array {
    let counters = this.#counts.get(labels);
    if (counters === undefined) {
      counters = new Float64Array(labels.length);
      this.#counts.set(labels, counters);
    }
    return counters;
  }

  /** The same keys; their ids are noted here. */
  noting(keys: KeySource): KeySource {
    if (this.#noted?.source !== keys) this.#noted = new NotedKeys(keys, this.#keyIds);
    return this.#noted;
  }

  /** Times each `path transform` was applied; what was kept as it is does not count. */
  get treated(): Record<string, number> {
    const treated: Record<string, number> = {};
    for (const [labels, counters] of this.#counts)
      for (const [slot, label] of labels.entries())
        if (label !== undefined && counters[slot] > 0)
          treated[label] = (treated[label] ?? 0) + counters[slot];
    return treated;
  }

  /** Ids of the keys used, sorted. */
  get keyIds(): string[] {
    return [...this.#keyIds].sort();
  }

  /** Begins the next batch. */
  reset(): void {
    for (const counters of this.#counts.values()) counters.fill(0);
    this.#keyIds.clear();
    this.#noted?.begin();
  }
}
