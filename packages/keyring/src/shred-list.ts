import { SealstreamError } from '@sealstream/contracts';
import { FIRST_LINK, linkAfter, parseEntry } from './shred-chain.ts';
import { SubjectIndexTable } from './subject-index-table.ts';
import type { LiveRecord } from './subject-record.ts';
import { registerName, type SubjectRegister } from './subject-register.ts';

/** Whether a subject was shredded, asked by every stage for every record. */
export interface ShredList {
  /** Shreds and re-enrolments taken on so far. */
  readonly count: number;
  /**
   * Whether the key of a subject was destroyed. From memory and at once.
   *
   * @param at where the 16 bytes of the subject's index begin in `bytes`
   * Throws KEYRING_STALE past the ceiling, KEYSET_MISSING and KEYSET_ROLLED_BACK where no list is
   * believed.
   */
  has(bytes: Uint8Array, at: number): boolean;
  /**
   * When a subject that lives again began to, in milliseconds since 1970; 0 for all others. What was
   * kept of it before belongs to a life that was shredded. Throws as `has` does.
   */
  endedAt(index: string): number;
}

/**
 * The shreds of one dataset in memory, as the register's chain proves them.
 *
 * Promises: entries are taken on only when they are as many as the register says and lead to its
 * chain; a list that is shorter, longer or another one changes nothing.
 */
export class ChainedShreds {
  readonly #dataset: string;
  readonly #table = new SubjectIndexTable();
  readonly #destroyedKeys = new Set<string>();
  /** No key of a subject who lives again is as old as this; milliseconds since 1970. */
  readonly #endedAt = new Map<string, number>();
  /** When each shredded subject was shredded, by its number in the table. */
  readonly #shreddedAt: number[] = [];
  #count = 0;
  #link = FIRST_LINK;
  #nextNumber = 0;

  constructor(dataset: string) {
    this.#dataset = dataset;
  }

  /** Shreds and re-enrolments taken on so far. */
  get count(): number {
    return this.#count;
  }

  /** Subjects that are shredded now. */
  get size(): number {
    return this.#table.size;
  }

  has(bytes: Uint8Array, at: number): boolean {
    return this.#table.find(bytes, at) >= 0;
  }

  /**
   * Whether a shred destroyed this very key; it stays so when its subject lives again. What is older
   * than that new life is destroyed, too: what a receipt names was read from Redis, which proves it
   * by nothing.
   */
  hasDestroyed(index: string, { created, keyId }: Pick<LiveRecord, 'created' | 'keyId'>): boolean {
    return this.#destroyedKeys.has(keyId) || created <= this.endedAt(index);
  }

  /**
   * When a subject who may live again was let do so, in milliseconds since 1970; 0 for one who was
   * never shredded, or is so now.
   *
   * @param index 22 characters of base64url
   */
  endedAt(index: string): number {
    return this.#endedAt.get(index) ?? 0;
  }

  /**
   * Takes on the entries after those it has.
   *
   * @returns the indexes of subjects shredded by them
   * Throws KEYSET_ROLLED_BACK.
   */
  follow(register: SubjectRegister, entries: readonly string[]): Buffer[] {
    const link = entries.reduce(linkAfter, this.#link);
    const count = this.#count + entries.length;
    if (count !== register.shreds || link !== register.shredChain)
      throw new SealstreamError('KEYSET_ROLLED_BACK', {
        keyset: registerName(this.#dataset),
        shreds: count,
        signed: register.shreds,
      });
    const shredded: Buffer[] = [];
    for (const { action, index, keyId, time } of entries.map(parseEntry)) {
      if (keyId !== undefined) this.#destroyedKeys.add(keyId);
      const bytes = Buffer.from(index, 'base64url');
      if (action === 'shred') {
        shredded.push(bytes);
        this.#shred(bytes, index, Date.parse(time));
      } else this.#reEnrol(bytes, index, Date.parse(time));
    }
    this.#count = count;
    this.#link = link;
    return shredded;
  }

  #shred(bytes: Buffer, index: string, time: number): void {
    const number = this.#table.find(bytes, 0);
    const at = number < 0 ? this.#nextNumber++ : number;
    this.#shreddedAt[at] = Math.max(time, this.#shreddedAt[at] ?? 0, this.endedAt(index));
    if (number >= 0) return;
    this.#table.set(bytes, 0, at);
    this.#endedAt.delete(index);
  }

  #reEnrol(bytes: Buffer, index: string, time: number): void {
    const number = this.#table.find(bytes, 0);
    const before = number < 0 ? this.endedAt(index) : this.#shreddedAt[number];
    // Two operators' clocks may differ: a re-enrolment is no earlier than its shred.
    this.#endedAt.set(index, Math.max(time, before));
    if (number >= 0) this.#table.delete(number);
  }
}
