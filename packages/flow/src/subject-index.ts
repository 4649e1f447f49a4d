import type { ByteRange } from '@sealstream/contracts';
import { DIGEST_BYTES, KeyedHash, type KeySource } from '@sealstream/crypto';

/** What stands for the path in the derivation: the index is of a person, not of a field. */
const SUBJECT = '#subject';

/**
 * The index of a subject: a keyed hash of what the policy's subject field holds, under keys that
 * only ingest and those who shred have. Who the person is cannot be read from it.
 */
export class SubjectIndex {
  readonly #hash: KeyedHash;
  readonly #index: ByteRange = { bytes: Buffer.alloc(DIGEST_BYTES), from: 0, to: DIGEST_BYTES };

  constructor(dataset: string) {
    this.#hash = new KeyedHash('subject-index', dataset, SUBJECT);
  }

  /** 16 bytes; the same object each time, and it stands until the next call. */
  of(keys: KeySource, { bytes, from, to }: ByteRange): ByteRange {
    this.#hash.digestBytes(keys, bytes, from, to, this.#index.bytes);
    return this.#index;
  }
}
