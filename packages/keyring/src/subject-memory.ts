import { SealstreamError } from '@sealstream/contracts';
import { ARENA_SLOTS } from './arena.ts';
import { SubjectSlots } from './subject-slots.ts';

/**
 * The guarded memory of one cache of subject keys: one row of slots for stored keys and one for each
 * use, all of the same length, so that whoever has a number has room in each.
 *
 * Promises: memory that cannot be locked ends the growth and not the work, once there is a page for
 * each row: what is there is then the bound.
 */
export class SubjectMemory {
  readonly #allowUnlocked: boolean;
  readonly #rows: SubjectSlots[] = [];
  #pages = 0;
  #isFull = false;

  constructor(allowUnlocked: boolean) {
    this.#allowUnlocked = allowUnlocked;
  }

  /** Subjects for whom there is room. */
  get capacity(): number {
    return this.#pages * ARENA_SLOTS;
  }

  /** Whether memory that could not be locked ended the growth. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Room for more subjects; false when there is none. Throws MEMORY_NOT_LOCKED without any page. */
  grow(): boolean {
    if (this.#isFull) return false;
    try {
      for (const row of this.#rows) row.grow();
      this.#pages++;
      return true;
    } catch (error) {
      this.#end(error, this.#pages);
      return false;
    }
  }

  /**
   * One row more, as long as the others. Where its memory cannot be locked, all become shorter, and
   * `capacity` with them. Throws MEMORY_NOT_LOCKED when not even one page is left for each.
   */
  row(): SubjectSlots {
    const fresh = new SubjectSlots(this.#allowUnlocked);
    this.#rows.push(fresh);
    try {
      while (fresh.pages < this.#pages) fresh.grow();
    } catch (error) {
      const all = this.#rows.reduce((sum, { pages }) => sum + pages, 0);
      this.#end(error, Math.floor(all / this.#rows.length));
      // What the others gave up has room for these.
      while (fresh.pages < this.#pages) fresh.grow();
    }
    return fresh;
  }

  /** Zeroes all. */
  clear(): void {
    for (const row of this.#rows) row.clear();
  }

  /** @param pages that each row can have */
  #end(error: unknown, pages: number): void {
    const isLimit = error instanceof SealstreamError && error.code === 'MEMORY_NOT_LOCKED';
    if (!isLimit || pages === 0) throw error;
    this.#isFull = true;
    // One is given back, so that keys of other kinds, and other datasets, still find room.
    this.#pages = pages > 1 ? pages - 1 : pages;
    for (const row of this.#rows) row.shrink(this.#pages);
  }
}
