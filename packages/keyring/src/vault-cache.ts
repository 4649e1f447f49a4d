/** A token that is known, and since when its subject lives. */
export interface KnownToken {
  readonly token: string;
  /** As ShredList.endedAt gave it when the token was asked for; 0 when it goes with nobody. */
  readonly livesSince: number;
}

/**
 * Tokens by digest, bounded: two halves, of which the older goes when the younger is full. What is used
 * moves to the younger one. Nothing goes in the middle of a round, however much it brings, so that a
 * batch that was brought whole finds all of it.
 */
export class VaultCache {
  readonly #halfMax: number;
  #young = new Map<string, KnownToken>();
  #old = new Map<string, KnownToken>();

  constructor(max: number) {
    this.#halfMax = Math.ceil(max / 2);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  find(digest: string): KnownToken | undefined {
    const young = this.#young.get(digest);
    if (young !== undefined) return young;
    const old = this.#old.get(digest);
    if (old === undefined) return undefined;
    this.#old.delete(digest);
    this.#young.set(digest, old);
    return old;
  }

  set(digest: string, known: KnownToken): void {
    this.#old.delete(digest);
    this.#young.set(digest, known);
  }

  /** Called before a round brings what it lacks. */
  nextRound(): void {
    if (this.#young.size < this.#halfMax) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
