import { SealstreamError } from '@sealstream/contracts';
import { FIRST_LINK, linkAfter, parseEntry } from './shred-chain.ts';
import { SubjectIndexTable } from './subject-index-table.ts';
import { registerName, type SubjectRegister } from './subject-register.ts';

/** Whether a subject was shredded, asked by every stage for every record. */
export interface ShredList {
  /**
   * Whether the key of a subject was destroyed. From memory and at once.
   *
   * @param at where the 16 bytes of the subject's index begin in `bytes`
   * Throws KEYRING_STALE past the ceiling, KEYSET_MISSING and KEYSET_ROLLED_BACK where no list is
   * believed.
   */
  has(bytes: Uint8Array, at: number): boolean;
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

  /** Whether a shred destroyed this very key; it stays so when its subject lives again. */
  hasDestroyed(keyId: string): boolean {
    return this.#destroyedKeys.has(keyId);
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
    for (const { action, index, keyId } of entries.map(parseEntry)) {
      if (keyId !== undefined) this.#destroyedKeys.add(keyId);
      const bytes = Buffer.from(index, 'base64url');
      const number = this.#table.find(bytes, 0);
      if (action === 're-enrol' && number >= 0) this.#table.delete(number);
      if (action !== 'shred') continue;
      shredded.push(bytes);
      if (number < 0) this.#table.set(bytes, 0, this.#nextNumber++);
    }
    this.#count = count;
    this.#link = link;
    return shredded;
  }
}
