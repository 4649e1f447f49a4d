/** Numbers for texts that are in use; a number is used again when its text is not. */
export class Names {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #uses: number[] = [];
  readonly #free: number[] = [];

  /** No number is as high as this. */
  get limit(): number {
    return this.#texts.length;
  }

  take(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) {
      this.#uses[known]++;
      return known;
    }
    const number = this.#free.pop() ?? this.#texts.length;
    this.#numbers.set(text, number);
    this.#texts[number] = text;
    this.#uses[number] = 1;
    return number;
  }

  giveBack(number: number): void {
    this.#uses[number]--;
    if (this.#uses[number] > 0) return;
    this.#numbers.delete(this.#texts[number]);
    this.#texts[number] = '';
    this.#free.push(number);
  }

  /** The numbers in use most, the commonest first; fewer where fewer are in use. */
  commonest(count: number): number[] {
    const best: number[] = [];
    for (let number = 0; number < this.#uses.length; number++) {
      const uses = this.#uses[number];
      if (uses === 0) continue;
      if (best.length === count && uses <= this.#uses[best[count - 1]]) continue;
      let place = Math.min(best.length, count - 1);
      for (; place > 0 && this.#uses[best[place - 1]] < uses; place--)
        best[place] = best[place - 1];
      best[place] = number;
    }
    return best;
  }

  usesOf(number: number): number {
    return this.#uses[number];
  }

  textOf(number: number): string {
    return this.#texts[number];
  }
}

/** How many different numbers a group has, in constant time for each. */
export class Marks {
  #stamps = new Uint32Array(0);
  #round = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Forgets all. */
  start(limit: number): void {
    this.#count = 0;
    this.#round++;
    if (this.#round > 0xffff_fff0) {
      this.#stamps.fill(0);
      this.#round = 1;
    }
    if (limit > this.#stamps.length) {
      const grown = new Uint32Array(2 * limit);
      grown.set(this.#stamps);
      this.#stamps = grown;
    }
  }

  has(number: number): boolean {
    return this.#stamps[number] === this.#round;
  }

  add(number: number): void {
    if (this.has(number)) return;
    this.#stamps[number] = this.#round;
    this.#count++;
  }
}
